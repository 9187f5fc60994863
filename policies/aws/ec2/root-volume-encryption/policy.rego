# METADATA
# title: Root volumes of EC2 instances are encrypted
# description: >-
#   The root volume holds logs, temporary files, swapped memory and often the
#   credentials of the application. Unencrypted, all of it is in the open for
#   whoever gets a snapshot or an image of the instance.
# custom:
#   id: aws-ec2-root-volume-encryption
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["5.1.1"]
#     aws-fsbp: ["EC2.3"]
#   remediation: Set root_block_device.encrypted to true, or turn on encryption by default in the account and Region.
package parapet.aws.ec2.root_volume_encryption

deny contains violation if {
	input.resource.type == "aws_instance"
	not input.resource.values.root_block_device[0].encrypted
	violation := {"msg": "has an unencrypted root volume", "attribute": "root_block_device[0].encrypted"}
}
