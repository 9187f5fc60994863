# METADATA
# title: Resources are in allowed Regions
# description: >-
#   Regions that nobody watches are where intruders work: no alarms, no
#   dashboards, no one who would notice. Data may also be bound to a place by
#   law or contract. The policy names types of resources that hold data or
#   compute.
# custom:
#   id: aws-ec2-allowed-regions
#   severity: medium
#   frameworks: {}
#   remediation: Create the resource in an allowed Region, or have the Region added to the parameter.
#   parameters:
#     allowed:
#       description: Regions that may be used, by their code.
#       default: ["eu-central-1", "eu-west-1"]
package parapet.aws.ec2.allowed_regions

# A plan seldom says its Region. Where it is not known there is nothing to
# judge: the Region is then null.
deny contains violation if {
	input.resource.type in {
		"aws_db_instance",
		"aws_dynamodb_table",
		"aws_ebs_volume",
		"aws_efs_file_system",
		"aws_eks_cluster",
		"aws_instance",
		"aws_lambda_function",
		"aws_rds_cluster",
		"aws_s3_bucket",
		"aws_sqs_queue",
	}
	region := input.resource.region
	region != null
	not region in data.parameters["aws-ec2-allowed-regions"].allowed
	violation := {"msg": "is in a Region that is not allowed", "attribute": "region"}
}
