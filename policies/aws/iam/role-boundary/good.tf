resource "aws_iam_role" "bounded" {
  name                 = "bounded"
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
