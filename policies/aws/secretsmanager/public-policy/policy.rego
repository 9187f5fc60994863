# METADATA
# title: Policies on secrets are checked for public access
# description: >-
#   With block_public_policy, Secrets Manager refuses a policy that gives the
#   secret to everyone. Without it, one wildcard in a principal publishes the
#   secret.
# custom:
#   id: aws-secretsmanager-public-policy
#   severity: high
#   frameworks: {}
#   remediation: Set block_public_policy to true.
package parapet.aws.secretsmanager.public_policy

deny contains violation if {
	input.resource.type == "aws_secretsmanager_secret_policy"
	not input.resource.values.block_public_policy
	violation := {"msg": "is not checked for public access", "attribute": "block_public_policy"}
}
