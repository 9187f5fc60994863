package main

deny contains sprintf("%s: %v %v %v", [rc.address, size, size * 2, rc.change.after.iops]) if {
	some rc in input.resource_changes
	size := rc.change.after.size
}

deny contains sprintf("%v", [sum([s | s := input.resource_changes[_].change.after.message_retention_seconds])])

deny contains sprintf("%v of %v", [i, n]) if {
	n := count(input.resource_changes)
	some i in numbers.range(0, n)
	input.resource_changes[i].change.after.delay_seconds == 0
}

deny contains "ports" if {
	ports := {r.from_port | r := input.resource_changes[_].change.after.ingress[_]}
	ports == {22, 443}
}
