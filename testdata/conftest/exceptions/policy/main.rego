package main

deny_public contains msg if {
	some rc in input.resource_changes
	rc.change.after.acl == "public-read"
	msg := sprintf("%s is public", [rc.address])
}

deny_destroy contains "destroyed" if input.resource_changes[_].change.after.force_destroy

violation_public contains "violation_public goes by the same name" if true

warn_old contains "old" if startswith(input.terraform_version, "1.")

deny contains "plain"

exception contains rules if {
	some rc in input.resource_changes
	rc.address == "aws_s3_bucket.site"
	rules := ["public"]
}

exception contains rules if {
	input.variables.region.value == "us-east-1"
	rules := ["destroy"]
}

exception contains ["old", "never"]
