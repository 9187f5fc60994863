package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_db_instance"
	rc.change.after.backup_retention_period < 7
	msg := sprintf("%s keeps backups for %d days", [rc.address, rc.change.after.backup_retention_period])
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_db_instance"
	rc.change.after.deletion_protection == false
	msg := sprintf("%s can be deleted by mistake", [rc.address])
}
