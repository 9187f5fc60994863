package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_ebs_volume"
	creates_or_updates(rc)
	not rc.change.after.type in {"gp3", "io2"}
	msg := sprintf("%s has the type %s", [rc.address, rc.change.after.type])
}
