# METADATA
# title: IAM roles have a permissions boundary
# description: >-
#   Who may create roles can give them more than they have themselves. A
#   permissions boundary caps what a role can ever do, whatever policies are
#   attached to it later.
# custom:
#   id: aws-iam-role-boundary
#   severity: medium
#   frameworks: {}
#   remediation: Set permissions_boundary to the ARN of the organization's boundary policy.
package parapet.aws.iam.role_boundary

deny contains violation if {
	input.resource.type == "aws_iam_role"
	not input.resource.values.permissions_boundary
	violation := {"msg": "has no permissions boundary", "attribute": "permissions_boundary"}
}
