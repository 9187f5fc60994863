# METADATA
# title: EFS file systems are encrypted
# description: >-
#   A file system holds what many machines share: home directories, uploads,
#   backups. Encryption at rest is chosen at creation and never again.
# custom:
#   id: aws-efs-encryption
#   severity: medium
#   frameworks:
#     cis-aws-5.0: ["2.3.1"]
#     aws-fsbp: ["EFS.1", "EFS.8"]
#   remediation: Set encrypted to true. Copy the data of an existing file system into a new one.
package parapet.aws.efs.encryption

deny contains violation if {
	input.resource.type == "aws_efs_file_system"
	not input.resource.values.encrypted
	violation := {"msg": "is not encrypted", "attribute": "encrypted"}
}
