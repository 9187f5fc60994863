package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_instance"
	some device in rc.change.after.root_block_device
	device.encrypted == false
	msg := sprintf("%s has a root volume that is not encrypted", [rc.address])
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_instance"
	some device in rc.change.after.root_block_device
	device.volume_size > 100
	msg := sprintf("%s has a root volume of %d GiB; at most 100 are allowed", [rc.address, device.volume_size])
}
