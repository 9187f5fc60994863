resource "aws_secretsmanager_secret_policy" "checked" {
  secret_arn          = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:database-a1b2c3"
  block_public_policy = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
    }]
  })
}
