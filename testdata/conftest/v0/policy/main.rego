package main

import future.keywords.in

resources[rc] {
	rc := input.resource_changes[_]
	rc.mode == "managed"
}

deny[msg] {
	rc := resources[_]
	rc.type == "aws_s3_bucket"
	rc.change.after.acl == "public-read"
	msg = sprintf("%s is public", [rc.address])
}

violation[{"msg": msg, "details": {"type": rc.type}}] {
	rc := resources[_]
	some action in rc.change.actions
	action == "delete"
	msg := sprintf("%v is deleted", [rc.address])
}

warn[msg] {
	not input.variables.owner
	msg := "nobody owns this"
}

deny_any[msg] { input.terraform_version == "1.0"; msg := "old" } { count(resources) > 8; msg := sprintf("%d resources", [count(resources)]) }
