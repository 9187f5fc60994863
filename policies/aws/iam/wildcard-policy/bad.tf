resource "aws_iam_policy" "admin" {
  name = "admin"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = {
      Effect   = "Allow"
      Action   = "*"
      Resource = "*"
    }
  })
}

# The wildcard is one of several, in the second statement.
resource "aws_iam_role_policy" "hidden" {
  name = "hidden"
  role = "app"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:ListAllMyBuckets"
        Resource = "*"
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "*:*"]
        Resource = ["arn:aws:s3:::example/*", "*"]
      },
    ]
  })
}
