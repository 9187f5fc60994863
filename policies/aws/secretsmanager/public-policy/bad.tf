resource "aws_secretsmanager_secret_policy" "unchecked" {
  secret_arn          = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:database-a1b2c3"
  block_public_policy = false

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Principal = "*"
    }]
  })
}

# The default is false.
resource "aws_secretsmanager_secret_policy" "silent" {
  secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:api-d4e5f6"

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
