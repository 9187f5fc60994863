package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_ebs_volume"
	not rc.change.after.encrypted
	not deleted(rc)
	msg := sprintf("%s is not encrypted", [rc.address])
}
