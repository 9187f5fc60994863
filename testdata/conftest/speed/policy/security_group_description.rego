package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_security_group"
	creates_or_updates(rc)
	some rule in rc.change.after.ingress
	object.get(rule, "description", "") == ""
	msg := sprintf("%s has a rule without a description", [rc.address])
}
