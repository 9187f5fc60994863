resource "aws_kms_key" "hasty" {
  description             = "hasty"
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

# One day less than the minimum.
resource "aws_kms_key" "almost" {
  description             = "almost"
  enable_key_rotation     = true
  deletion_window_in_days = 13
}
