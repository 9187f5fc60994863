# METADATA
# title: RDS instances are not publicly accessible
# description: >-
#   A publicly accessible database has a name that resolves to a public
#   address. Then its security group and its passwords are all that is between
#   the data and the internet.
# custom:
#   id: aws-rds-public-access
#   severity: critical
#   frameworks:
#     cis-aws-5.0: ["2.2.3"]
#     aws-fsbp: ["RDS.2"]
#   remediation: Set publicly_accessible to false and use private subnets.
package parapet.aws.rds.public_access

deny contains violation if {
	input.resource.type in {"aws_db_instance", "aws_rds_cluster_instance"}
	input.resource.values.publicly_accessible == true
	violation := {"msg": "is publicly accessible", "attribute": "publicly_accessible"}
}
