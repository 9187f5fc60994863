package main

deny_run_as_root[msg] {
	rc := input.resource_changes[_]
	rc.type == "aws_instance"
	msg := sprintf("%s runs", [rc.address])
}

deny_other[msg] { msg := "other" }

exception[rules] {
	input.resource_changes[_].address == "aws_instance.app[0]"
	rules = ["run_as_root"]
}
