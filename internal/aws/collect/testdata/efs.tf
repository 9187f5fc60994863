resource "aws_efs_file_system" "main" {
  creation_token = "main"
  encrypted      = true
  kms_key_id     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  tags           = { Name = "main", Owner = "platform" }
}

resource "aws_efs_file_system" "plain" {
  creation_token = "plain"
}

resource "aws_efs_file_system_policy" "main" {
  file_system_id = aws_efs_file_system.main.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny", Action = ["*"], Principal = { AWS = "*" }, Resource = aws_efs_file_system.main.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
