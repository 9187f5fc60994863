package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	creates_or_updates(rc)
	not startswith(rc.change.after.bucket, "bench-")
	msg := sprintf("%s: the name %q does not begin with bench-", [rc.address, rc.change.after.bucket])
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	rc.change.after.force_destroy == true
	msg := sprintf("%s would be destroyed with everything in it", [rc.address])
}
