resource "aws_kms_key" "data" {
  description             = "data"
  enable_key_rotation     = true
  deletion_window_in_days = 14
}

# The default is 30 days.
resource "aws_kms_key" "silent" {
  description         = "silent"
  enable_key_rotation = true
}
