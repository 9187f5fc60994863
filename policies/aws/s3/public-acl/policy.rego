# METADATA
# title: S3 buckets have no public ACL
# description: >-
#   A public ACL opens a bucket to everyone, or to everyone with any AWS
#   account. Scanners find such buckets within hours.
# custom:
#   id: aws-s3-public-acl
#   severity: critical
#   frameworks:
#     aws-fsbp: ["S3.2", "S3.3"]
#   remediation: >-
#     Remove the ACL: buckets are private without one. Grant access by bucket
#     policies, and publish through CloudFront.
package parapet.aws.s3.public_acl

deny contains violation if {
	input.resource.type in {"aws_s3_bucket", "aws_s3_bucket_acl"}
	input.resource.values.acl in {"authenticated-read", "public-read", "public-read-write"}
	violation := {"msg": "has a public ACL", "attribute": "acl"}
}
