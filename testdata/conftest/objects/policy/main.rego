package main

deny contains {"msg": msg, "details": {"acl": rc.change.after.acl}, "address": rc.address} if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	msg := sprintf("acl is %s", [rc.change.after.acl])
}

# One message, two failures: the objects differ.
violation contains {"msg": "an instance", "resource": rc.address, "severity": "HIGH"} if {
	some rc in input.resource_changes
	rc.type == "aws_instance"
}

warn contains {"msg": "_loc is conftest's", "_loc": {"file": "main.tf", "line": 3}}

deny contains "a text beside objects"
