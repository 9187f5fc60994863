package parapet.aws.ec2.allowed_regions_test

import data.parapet.aws.ec2.allowed_regions

params := {"aws-ec2-allowed-regions": {"allowed": ["eu-central-1", "eu-west-1"]}}

denied(type, region) if {
	count(allowed_regions.deny) == 1 with input as {"resource": {"type": type, "region": region, "values": {}}}
		with data.parameters as params
}

test_other_region if denied("aws_instance", "us-east-1")

test_allowed_region if not denied("aws_instance", "eu-west-1")

test_unknown_region_is_not_judged if not denied("aws_instance", null)

test_absent_region_is_not_judged if {
	count(allowed_regions.deny) == 0 with input as {"resource": {"type": "aws_instance", "values": {}}}
		with data.parameters as params
}

test_global_types_are_not_judged if not denied("aws_iam_role", "us-east-1")
