resource "aws_s3_bucket" "site" {
  bucket = "example-site"
  acl    = "public-read"
}

resource "aws_s3_bucket_acl" "writable" {
  bucket = "example-drop"
  acl    = "public-read-write"
}

# Everyone with any AWS account is the public too.
resource "aws_s3_bucket_acl" "authenticated" {
  bucket = "example-shared"
  acl    = "authenticated-read"
}
