# METADATA
# title: RDS and Aurora clusters encrypt their storage
# description: >-
#   The members of a cluster share its storage, so one setting decides for all
#   of them, and for every snapshot and backup. It cannot be changed later.
# custom:
#   id: aws-rds-cluster-encryption
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["2.2.1"]
#     aws-fsbp: ["RDS.27"]
#   remediation: Set storage_encrypted to true. Restore an existing cluster from a snapshot with a KMS key.
package parapet.aws.rds.cluster_encryption

deny contains violation if {
	input.resource.type == "aws_rds_cluster"
	not input.resource.values.storage_encrypted
	violation := {"msg": "does not encrypt its storage", "attribute": "storage_encrypted"}
}
