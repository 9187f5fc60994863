resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

# The provider's default is true.
resource "aws_ebs_encryption_by_default" "default" {
}
