package lib.plan

created contains rc if {
	some rc in input.resource_changes
	"create" in rc.change.actions
}

by_address[rc.address] := rc if some rc in input.resource_changes

buckets := [rc | some rc in input.resource_changes; rc.type == "aws_s3_bucket"; rc.change.after != null]
