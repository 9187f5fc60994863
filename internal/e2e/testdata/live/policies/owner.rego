# METADATA
# title: Resources have an owner
# custom:
#   id: live-owner
#   severity: medium
package live.owner

deny contains violation if {
	input.resource.type in {"aws_s3_bucket", "aws_instance", "aws_iam_role", "aws_sqs_queue", "aws_dynamodb_table", "aws_vpc"}
	not input.resource.values.tags_all.Owner == "platform"
	violation := {"msg": "has another owner", "attribute": "tags_all"}
}
