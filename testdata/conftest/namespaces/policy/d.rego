package other

deny contains "other"

warn contains "other warns" if input.terraform_version
