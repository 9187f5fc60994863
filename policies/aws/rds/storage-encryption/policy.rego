# METADATA
# title: RDS instances encrypt their storage
# description: >-
#   The storage of a database, its snapshots, its replicas and its backups are
#   readable by whoever gets a copy when they are not encrypted. Encryption
#   cannot be turned on later: the data has to be restored into a new instance.
# custom:
#   id: aws-rds-storage-encryption
#   severity: high
#   frameworks:
#     cis-aws-5.0: ["2.2.1"]
#     aws-fsbp: ["RDS.3"]
#   remediation: Set storage_encrypted to true. Restore an existing instance from an encrypted copy of a snapshot.
package parapet.aws.rds.storage_encryption

deny contains violation if {
	input.resource.type == "aws_db_instance"
	not input.resource.values.storage_encrypted
	violation := {"msg": "does not encrypt its storage", "attribute": "storage_encrypted"}
}
