package parapet.aws.ec2.instance_types_test

import data.parapet.aws.ec2.instance_types

types(allowed) := {"aws-ec2-instance-types": {"allowed": allowed}}

instance(values) := {"resource": {"type": "aws_instance", "values": values}}

test_asterisk_crosses_dots if {
	count(instance_types.deny) == 0 with input as instance({"instance_type": "t3.small"})
		with data.parameters as types(["t*"])
}

test_question_mark_is_one_character if {
	params := types(["m?i.large"])
	count(instance_types.deny) == 0 with input as instance({"instance_type": "m6i.large"})
		with data.parameters as params
	count(instance_types.deny) == 1 with input as instance({"instance_type": "m6gi.large"})
		with data.parameters as params
}

test_one_pattern_of_several_is_enough if {
	count(instance_types.deny) == 0 with input as instance({"instance_type": "c7g.large"})
		with data.parameters as types(["t3.*", "c7g.*"])
}

test_no_type_is_no_violation if {
	count(instance_types.deny) == 0 with input as instance({}) with data.parameters as types(["t3.*"])
}

test_empty_list_allows_nothing if {
	count(instance_types.deny) == 1 with input as instance({"instance_type": "t3.small"})
		with data.parameters as types([])
}
