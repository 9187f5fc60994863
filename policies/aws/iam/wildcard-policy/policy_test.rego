package parapet.aws.iam.wildcard_policy_test

import data.parapet.aws.iam.wildcard_policy

denied(policy) if {
	count(wildcard_policy.deny) == 1 with input as {"resource": {
		"type": "aws_iam_policy",
		"values": {"policy": policy},
	}}
}

allows(action, resource) := json.marshal({"Statement": {
	"Effect": "Allow",
	"Action": action,
	"Resource": resource,
}})

test_single_and_lists if {
	denied(allows("*", "*"))
	denied(allows(["*"], ["*"]))
	denied(allows(["s3:GetObject", "*:*"], ["arn:aws:s3:::example", "*"]))
}

test_a_service_is_not_everything if {
	not denied(allows("s3:*", "*"))
	not denied(allows("*", "arn:aws:s3:::example"))
}

test_not_resource_is_not_resource if {
	not denied(json.marshal({"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": "*"}]}))
}

test_deny_statements_are_fine if {
	not denied(json.marshal({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}))
}

test_no_statement_is_no_violation if {
	not denied("{}")
	not denied("[]")
	count(wildcard_policy.deny) == 0 with input as {"resource": {"type": "aws_iam_policy", "values": {}}}
}
