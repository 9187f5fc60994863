package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_instance"
	not rc.change.after.metadata_options[0].http_tokens == "required"
	not deleted(rc)
	msg := sprintf("%s accepts IMDSv1", [rc.address])
}
