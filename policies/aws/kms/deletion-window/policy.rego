# METADATA
# title: KMS keys wait long enough before they are deleted
# description: >-
#   Deleting a key destroys all data that it encrypts, for ever. The waiting
#   period is the only time in which a mistaken or malicious deletion can be
#   noticed and cancelled.
# custom:
#   id: aws-kms-deletion-window
#   severity: medium
#   frameworks: {}
#   remediation: Set deletion_window_in_days to the minimum or more, or leave it out, which means 30.
#   parameters:
#     minimum:
#       description: Days that a key must wait at least, 7 to 30.
#       default: 14
package parapet.aws.kms.deletion_window

deny contains violation if {
	input.resource.type == "aws_kms_key"
	input.resource.values.deletion_window_in_days < data.parameters["aws-kms-deletion-window"].minimum
	violation := {"msg": "is deleted after too short a wait", "attribute": "deletion_window_in_days"}
}
