package main

resources := [rc | some rc in input.resource_changes; rc.mode == "managed"]

deny contains sprintf("%s: kms is null or missing", [rc.address]) if {
	some rc in resources
	rc.type == "aws_sqs_queue"
	not rc.change.after.kms_master_key_id
}

deny contains sprintf("%s: kms is null", [rc.address]) if {
	some rc in resources
	rc.change.after.kms_master_key_id == null
}

deny contains sprintf("%s: kms is missing, though only unknown", [rc.address]) if {
	some rc in resources
	rc.type == "aws_ebs_volume"
	not rc.change.after.kms_key_id
}

deny contains sprintf("%s: unknown after apply: %s", [rc.address, name]) if {
	some rc in resources
	some name, unknown in rc.change.after_unknown
	unknown == true
	name != "id"
}

deny contains sprintf("%s: nothing is left", [rc.address]) if {
	some rc in resources
	rc.change.after == null
}

deny contains sprintf("%s: was %v", [rc.address, rc.change.before.instance_type]) if {
	some rc in resources
	rc.change.before.instance_type != rc.change.after.instance_type
}

warn contains sprintf("%s: tags are %v", [rc.address, rc.change.after.tags]) if {
	some rc in resources
	not is_object(rc.change.after.tags)
}

warn contains sprintf("%s: object.get gives %v", [rc.address, v]) if {
	some rc in resources
	v := object.get(rc.change.after, "tags", "none")
	count(object.get(rc.change.after, ["tags", "owner"], "nobody")) == 6
}
