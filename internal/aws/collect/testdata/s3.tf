resource "aws_s3_bucket" "logs" {
  bucket = "logs-of-the-test"
  tags   = { Owner = "platform", Empty = "" }
}

resource "aws_s3_bucket" "plain" {
  bucket = "plain-of-the-test"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  restrict_public_buckets = true
}
