# No block at all.
resource "aws_s3_bucket" "open" {
  bucket = "example-open"
}

# One of the switches is off.
resource "aws_s3_bucket" "partly" {
  bucket = "example-partly"
}

resource "aws_s3_bucket_public_access_block" "partly" {
  bucket                  = aws_s3_bucket.partly.id
  block_public_acls       = true
  block_public_policy     = false
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# A switch that is left out is off.
resource "aws_s3_bucket" "incomplete" {
  bucket = "example-incomplete"
}

resource "aws_s3_bucket_public_access_block" "incomplete" {
  bucket              = aws_s3_bucket.incomplete.id
  block_public_acls   = true
  block_public_policy = true
}
