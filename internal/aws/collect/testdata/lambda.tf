resource "aws_iam_role" "main" {
  name = "function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_s3_bucket" "code" {
  bucket = "code-of-the-test"
}

resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.code.id
  key            = "code.zip"
  content_base64 = "UEsDBBQAAAAAAAAAIVDiR0PnGAAAABgAAAAIAAAAaW5kZXgucHlkZWYgaGFuZGxlcihlLCBjKTogcGFzcwpQSwECFAMUAAAAAAAAACFQ4kdD5xgAAAAYAAAACAAAAAAAAAAAAAAAgAEAAAAAaW5kZXgucHlQSwUGAAAAAAEAAQA2AAAAPgAAAAAA"
}

resource "aws_lambda_function" "main" {
  function_name                  = "main"
  role                           = aws_iam_role.main.arn
  handler                        = "index.handler"
  runtime                        = "python3.12"
  architectures                  = ["arm64"]
  s3_bucket                      = aws_s3_bucket.code.id
  s3_key                         = aws_s3_object.code.key
  memory_size                    = 256
  timeout                        = 10
  reserved_concurrent_executions = 5
  kms_key_arn                    = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  tags                           = { Owner = "platform" }
  environment {
    variables = { STAGE = "test" }
  }
  tracing_config {
    mode = "Active"
  }
  ephemeral_storage {
    size = 1024
  }
  dead_letter_config {
    target_arn = "arn:aws:sqs:us-east-1:123456789012:dead"
  }
}

resource "aws_lambda_function" "plain" {
  function_name = "plain"
  role          = aws_iam_role.main.arn
  handler       = "index.handler"
  runtime       = "python3.12"
  s3_bucket     = aws_s3_bucket.code.id
  s3_key        = aws_s3_object.code.key
}

resource "aws_lambda_permission" "main" {
  statement_id   = "from-bucket"
  function_name  = aws_lambda_function.main.function_name
  action         = "lambda:InvokeFunction"
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.code.arn
  source_account = "123456789012"
}
