package parapet.aws.ec2.required_tags_test

import data.parapet.aws.ec2.required_tags

params := {"aws-ec2-required-tags": {"tags": ["Owner", "CostCenter"]}}

instance(values) := {"resource": {"type": "aws_instance", "values": values}}

missing(values) := {v.attribute |
	some v in required_tags.deny with input as instance(values) with data.parameters as params
}

test_one_finding_per_missing_tag if {
	missing({}) == {"tags.Owner", "tags.CostCenter"}
	missing({"tags": {}}) == {"tags.Owner", "tags.CostCenter"}
	missing({"tags": {"Owner": "payments"}}) == {"tags.CostCenter"}
	missing({"tags": {"Owner": "payments", "CostCenter": "1"}}) == set()
}

test_default_tags_count if {
	all := {"Owner": "payments", "CostCenter": "1"}
	missing({"tags_all": all}) == set()
	missing({"tags": {"Owner": "payments"}, "tags_all": all}) == set()
	missing({"tags": {"Owner": "payments"}, "tags_all": {"Owner": "payments"}}) == {"tags.CostCenter"}
}

test_any_value_counts if missing({"tags": {"Owner": "", "CostCenter": "false"}}) == set()

test_keys_match_by_case if missing({"tags": {"owner": "payments", "CostCenter": "1"}}) == {"tags.Owner"}

test_no_required_tags_no_finding if {
	count(required_tags.deny) == 0 with input as instance({})
		with data.parameters as {"aws-ec2-required-tags": {"tags": []}}
}
