package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_sqs_queue"
	creates_or_updates(rc)
	not rc.change.after.sqs_managed_sse_enabled
	not rc.change.after.kms_master_key_id
	msg := sprintf("%s does not encrypt its messages", [rc.address])
}
