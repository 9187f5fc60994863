# METADATA
# title: EBS volumes are encrypted
# description: >-
#   An unencrypted volume gives its data to everyone who gets hold of a
#   snapshot of it: no key stands between a shared or stolen snapshot and what
#   is in it. Encryption costs nothing and cannot be added to a volume later.
# custom:
#   id: aws-ec2-ebs-encryption
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["5.1.1"]
#     aws-fsbp: ["EC2.3"]
#   remediation: Set encrypted to true. Copy the data of an existing volume through an encrypted snapshot.
package parapet.aws.ec2.ebs_encryption

deny contains violation if {
	input.resource.type == "aws_ebs_volume"
	not input.resource.values.encrypted
	violation := {"msg": "is not encrypted", "attribute": "encrypted"}
}
