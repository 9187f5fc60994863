package main

deny contains msg if {
	walk(input, [path, value])
	value == "0.0.0.0/0"
	msg := sprintf("%s", [concat("/", [sprintf("%v", [p]) | some p in path])])
}

deny contains msg if {
	[path, value] := walk(input.planned_values)
	value.type == "aws_sqs_queue"
	msg := sprintf("%s at depth %d", [value.address, count(path)])
}

deny contains msg if {
	some name, call in input.configuration.root_module.module_calls
	not contains(call.source, "?ref=")
	msg := sprintf("module %s is not pinned", [name])
}

warn contains msg if {
	some module in input.planned_values.root_module.child_modules
	some r in module.resources
	r.values.ingress == []
	msg := sprintf("%s has no rules: %s", [r.address, json.marshal(r)])
}

warn contains msg if {
	known := {r.address | some r in input.prior_state.values.root_module.resources}
	fresh := {rc.address | some rc in input.resource_changes; rc.mode == "managed"} - known
	msg := sprintf("%d of %d are new", [count(fresh), count(input.resource_changes)])
}

violation contains msg if {
	some i, rc in input.resource_changes
	rc.change.after.user_data
	msg := sprintf("%d: %s %q", [i, rc.address, rc.change.after.user_data])
}
