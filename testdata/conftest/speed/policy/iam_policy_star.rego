package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_iam_policy"
	document := json.unmarshal(rc.change.after.policy)
	some statement in document.Statement
	statement.Effect == "Allow"
	some action in as_array(statement.Action)
	action == "*"
	msg := sprintf("%s allows every action", [rc.address])
}
