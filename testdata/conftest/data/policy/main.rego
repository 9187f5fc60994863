package main

deny contains msg if {
	some rc in input.resource_changes
	rc.type in data.forbidden.types
	msg := sprintf("%s is of a forbidden type", [rc.address])
}

deny contains msg if {
	some rc in input.resource_changes
	limit := data.limits.size[rc.type]
	rc.change.after.size > limit
	msg := sprintf("%s: %v is more than %v", [rc.address, rc.change.after.size, limit])
}

deny contains msg if {
	data.team.owners[_] == "platform"
	msg := sprintf("platform has %d teams", [count(data.team.owners)])
}

warn contains msg if msg := sprintf("read from %s", [data.conftest.file.name])
