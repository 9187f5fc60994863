resource "aws_cloudtrail" "stopped" {
  name                  = "stopped"
  s3_bucket_name        = "example-audit"
  is_multi_region_trail = true
  enable_logging        = false
}
