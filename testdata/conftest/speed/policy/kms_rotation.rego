package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_kms_key"
	rc.change.after.enable_key_rotation != true
	msg := sprintf("%s does not rotate", [rc.address])
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_kms_key"
	rc.change.after.deletion_window_in_days < 14
	msg := sprintf("%s is gone after %d days", [rc.address, rc.change.after.deletion_window_in_days])
}
