package main

import data.lib.plan
import data.lib.tags as t

deny contains msg if {
	some rc in plan.created
	missing := t.missing(rc, data.lib.tags.required)
	count(missing) > 0
	msg := sprintf("%s lacks %s", [rc.address, concat(", ", missing)])
}

deny contains msg if {
	some address, rc in plan.by_address
	size_class(rc) == "large"
	msg := sprintf("%s is large", [address])
}

deny contains msg if {
	some rc in plan.buckets
	every rule in rc.change.after.versioning { rule.enabled }
	msg := sprintf("every version of %s is kept", [rc.address])
}

default limit := 1

limit := 2 if input.variables.region.value == "eu-west-1"

warn contains sprintf("limit %d", [limit])

size_class(rc) := "large" if {
	rc.change.after.size > 400
} else := "large" if {
	endswith(rc.change.after.instance_type, "24xlarge")
} else := "small"
