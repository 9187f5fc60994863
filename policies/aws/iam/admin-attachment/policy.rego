# METADATA
# title: AdministratorAccess is not attached
# description: >-
#   The managed policy AdministratorAccess gives every permission there is. On
#   a role of a program or on a user, one leaked credential is the whole
#   account.
# custom:
#   id: aws-iam-admin-attachment
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["1.15"]
#   remediation: >-
#     Attach a policy with what is needed. Give people administration through
#     Identity Center, for a limited time.
package parapet.aws.iam.admin_attachment

deny contains violation if {
	input.resource.type in {
		"aws_iam_group_policy_attachment",
		"aws_iam_role_policy_attachment",
		"aws_iam_user_policy_attachment",
	}
	input.resource.values.policy_arn in {
		"arn:aws-cn:iam::aws:policy/AdministratorAccess",
		"arn:aws-us-gov:iam::aws:policy/AdministratorAccess",
		"arn:aws:iam::aws:policy/AdministratorAccess",
	}
	violation := {"msg": "gives every permission", "attribute": "policy_arn"}
}
