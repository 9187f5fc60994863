package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_db_instance"
	not rc.change.after.storage_encrypted
	not deleted(rc)
	msg := sprintf("%s does not encrypt its storage", [rc.address])
}
