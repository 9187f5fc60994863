resource "aws_cloudtrail" "audit" {
  name                          = "audit"
  s3_bucket_name                = "example-audit"
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_logging                = true
}

# The default is true.
resource "aws_cloudtrail" "silent" {
  name                  = "silent"
  s3_bucket_name        = "example-audit"
  is_multi_region_trail = true
}
