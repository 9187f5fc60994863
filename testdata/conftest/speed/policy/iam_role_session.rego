package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_iam_role"
	rc.change.after.max_session_duration > 3600
	msg := sprintf("%s allows sessions of %d seconds", [rc.address, rc.change.after.max_session_duration])
}
