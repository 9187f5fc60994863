resource "aws_ecr_repository" "main" {
  name                 = "main"
  image_tag_mutability = "IMMUTABLE"
  tags                 = { Owner = "platform" }
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
}

resource "aws_ecr_repository" "plain" {
  name = "plain"
}

resource "aws_ecr_repository_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "pull", Effect = "Allow", Action = ["ecr:BatchGetImage"], Principal = "*" }]
  })
}
