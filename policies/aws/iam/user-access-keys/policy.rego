# METADATA
# title: IAM users have no access keys
# description: >-
#   An access key works from anywhere until somebody notices, and keys end up
#   in repositories, images and laptops. They are behind more break-ins into AWS
#   accounts than anything else. Roles and Identity Center give credentials
#   that expire by themselves.
# custom:
#   id: aws-iam-user-access-keys
#   severity: high
#   frameworks: {}
#   remediation: >-
#     Use a role: instance profiles, IRSA or Pod Identity in AWS, OIDC
#     federation for pipelines, IAM Roles Anywhere for servers, Identity Center
#     for people.
package parapet.aws.iam.user_access_keys

deny contains violation if {
	input.resource.type == "aws_iam_access_key"
	violation := {"msg": "is a long-lived credential", "attribute": "user"}
}

guardrail contains g if {
	count(input.findings) > 0
	g := {
		"layer": "scp",
		"sid": "IamUserAccessKeys",
		"actions": ["iam:CreateAccessKey"],
		"resources": ["*"],
		"fidelity": "exact",
		"trust": "documented",
		"note": "Keys that exist go on working and can no longer be rotated by creating a second one: replace them with roles first, or except the users' administrators for a time.",
	}
}

# Who has a key today rotates it by creating the next one, as a rule.
suggestion contains s if {
	users := {arn |
		some key in input.resources.aws_iam_access_key
		key.values.status == "Active"
		some path in ["", "*/"]
		arn := sprintf("arn:%s:iam::%s:user/%s%s", [key.partition, key.account, path, key.values.user])
	}
	s := {"principals": users, "reason": "has an active access key, and may rotate it by creating another"}
}
