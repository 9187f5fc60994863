package plain

deny contains "exempt by the empty name"

warn contains "likewise"

deny_other contains "not exempt"

exception contains [""]
