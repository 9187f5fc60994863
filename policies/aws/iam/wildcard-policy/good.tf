resource "aws_iam_policy" "reader" {
  name = "reader"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:ListBucket"]
        Resource = ["arn:aws:s3:::example", "arn:aws:s3:::example/*"]
      },
      {
        Effect   = "Allow"
        Action   = "ec2:Describe*"
        Resource = "*"
      },
    ]
  })
}

# To deny everything is the opposite.
resource "aws_iam_role_policy" "quarantine" {
  name = "quarantine"
  role = "suspect"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = {
      Effect   = "Deny"
      Action   = "*"
      Resource = "*"
    }
  })
}
