package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	rc.change.after.acl == "public-read"
	msg := sprintf("%s is public", [rc.address])
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	rc.change.after.force_destroy
	msg := sprintf("%s is destroyed with everything in it", [rc.address])
}

# The same message twice is one failure.
deny contains "something is public" if input.resource_changes[_].change.after.acl == "public-read"

deny contains "something is public" if input.resource_changes[_].change.after.ingress[_].cidr_blocks[_] == "0.0.0.0/0"

violation contains msg if {
	some rc in input.resource_changes
	some rule in rc.change.after.ingress
	"0.0.0.0/0" in rule.cidr_blocks
	rule.from_port <= 22
	rule.to_port >= 22
	msg := sprintf("%s: SSH is open (%d)", [rc.address, rule.from_port])
}

warn contains msg if {
	some rc in input.resource_changes
	not rc.change.after.tags.env
	msg := sprintf("%s has no env", [rc.address])
}

deny_replaced contains msg if {
	some rc in input.resource_changes
	rc.change.actions == ["delete", "create"]
	msg := sprintf("%s is replaced", [rc.address])
}

warn_big_9 contains "big" if input.resource_changes[_].change.after.size > 400

deny_never contains "never" if input.terraform_version == "0.12.0"

# Not policies: the names are others.
deny_ contains "a name that ends with an underscore"
denyx contains "another name"
denied contains "another name"
