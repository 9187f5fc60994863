resource "aws_kms_key" "data" {
  description             = "of the data"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  tags                    = { Owner = "platform" }
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:*", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Resource = "*" }]
  })
}

resource "aws_kms_key" "signing" {
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "RSA_2048"
  is_enabled               = false
}

resource "aws_kms_alias" "data" {
  name          = "alias/data"
  target_key_id = aws_kms_key.data.key_id
}
