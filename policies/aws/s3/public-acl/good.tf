resource "aws_s3_bucket" "private" {
  bucket = "example-private"
}

resource "aws_s3_bucket_acl" "private" {
  bucket = aws_s3_bucket.private.id
  acl    = "private"
}

# Log delivery is a service, not the public.
resource "aws_s3_bucket_acl" "logs" {
  bucket = "example-logs"
  acl    = "log-delivery-write"
}
