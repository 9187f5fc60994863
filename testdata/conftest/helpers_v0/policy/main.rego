package terraform.analysis

import input as tfplan

default authz = false

authz {
	score < 30
	not touches_iam
}

weights = {"aws_instance": {"delete": 100, "create": 20}, "aws_s3_bucket": {"delete": 5, "create": 1}}

score = s {
	all := [x |
		crud := weights[resource_type]
		del := crud["delete"] * num_deletes[resource_type]
		new := crud["create"] * num_creates[resource_type]
		x := del + new
	]
	s := sum(all)
}

touches_iam {
	all := resources["aws_iam"]
	count(all) > 0
}

resources[resource_type] = all {
	weights[resource_type]
	all := [name |
		name := tfplan.resource_changes[_]
		name.type == resource_type
	]
}

num_creates[resource_type] = num {
	weights[resource_type]
	all := resources[resource_type]
	creates := [res | res := all[_]; res.change.actions[_] == "create"]
	num := count(creates)
}

num_deletes[resource_type] = num {
	weights[resource_type]
	all := resources[resource_type]
	deletions := [res | res := all[_]; res.change.actions[_] == "delete"]
	num := count(deletions)
}

deny[msg] {
	not authz
	msg := sprintf("the blast radius is %v", [score])
}
