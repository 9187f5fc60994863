package main

switches := {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket_public_access_block"
	some name in switches
	rc.change.after[name] == false
	msg := sprintf("%s: %s is off", [rc.address, name])
}
