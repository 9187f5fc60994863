# METADATA
# title: Secrets are encrypted with a key of their own
# description: >-
#   With the key of the service, everyone who may read the secret can also
#   decrypt it. A customer managed key is a second lock: its policy says who may
#   decrypt, its use is logged, and without it a secret cannot be shared by
#   mistake with another account.
# custom:
#   id: aws-secretsmanager-cmk
#   severity: low
#   frameworks: {}
#   remediation: Set kms_key_id to the ARN of a customer managed key.
package parapet.aws.secretsmanager.cmk

deny contains violation if {
	input.resource.type == "aws_secretsmanager_secret"
	not input.resource.values.kms_key_id
	violation := {"msg": "is encrypted with the key of the service", "attribute": "kms_key_id"}
}
