# METADATA
# title: Buckets have a policy
# custom:
#   id: live-bucket-policy
#   severity: medium
package live.bucket_policy

deny contains violation if {
	input.resource.type == "aws_s3_bucket"
	not input.related.aws_s3_bucket_policy
	violation := {"msg": "has no policy", "attribute": "bucket"}
}
