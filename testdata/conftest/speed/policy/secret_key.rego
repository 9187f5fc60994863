package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_secretsmanager_secret"
	creates_or_updates(rc)
	is_null(object.get(rc.change.after, "kms_key_id", null))
	msg := sprintf("%s uses the key that AWS manages", [rc.address])
}
