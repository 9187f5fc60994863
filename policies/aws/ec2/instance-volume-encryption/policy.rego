# METADATA
# title: Volumes that EC2 instances are launched with are encrypted
# description: >-
#   The root volume holds logs, temporary files, swapped memory and often the
#   credentials of the application, data volumes the data itself. Unencrypted,
#   all of it is in the open for whoever gets a snapshot or an image of the
#   instance.
# custom:
#   id: aws-ec2-instance-volume-encryption
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["5.1.1"]
#     aws-fsbp: ["EC2.3"]
#   remediation: Set encrypted to true in root_block_device and every ebs_block_device, or turn on encryption by default in the account and Region.
package parapet.aws.ec2.instance_volume_encryption

deny contains violation if {
	input.resource.type == "aws_instance"
	not input.resource.values.root_block_device[0].encrypted
	violation := {"msg": "has an unencrypted root volume", "attribute": "root_block_device[0].encrypted"}
}

# AWS judges every volume of a launch by itself, so that root and data volumes
# share one guardrail.
deny contains violation if {
	input.resource.type == "aws_instance"
	some volume in input.resource.values.ebs_block_device
	not volume.encrypted
	violation := {"msg": "has an unencrypted data volume", "attribute": "ebs_block_device"}
}
