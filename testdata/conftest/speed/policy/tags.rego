package main

required := {"owner", "env", "cost-center"}

deny contains msg if {
	some rc in input.resource_changes
	rc.mode == "managed"
	creates_or_updates(rc)
	missing := required - {name | some name, _ in rc.change.after.tags}
	count(missing) > 0
	msg := sprintf("%s lacks the tags %s", [rc.address, concat(", ", sort(missing))])
}
