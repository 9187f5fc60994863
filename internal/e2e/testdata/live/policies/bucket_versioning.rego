# METADATA
# title: Buckets keep versions
# custom:
#   id: live-bucket-versioning
#   severity: medium
package live.bucket_versioning

deny contains violation if {
	input.resource.type == "aws_s3_bucket"
	not versioned
	violation := {"msg": "keeps no versions", "attribute": "bucket"}
}

versioned if {
	some v in input.related.aws_s3_bucket_versioning
	some c in v.values.versioning_configuration
	c.status == "Enabled"
}
