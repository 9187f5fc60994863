resource "aws_secretsmanager_secret" "db" {
  name        = "db"
  description = "of the database"
  kms_key_id  = "alias/data"
  tags        = { Owner = "platform" }
}

resource "aws_secretsmanager_secret" "plain" {
  name = "plain"
}

resource "aws_secretsmanager_secret_policy" "db" {
  secret_arn = aws_secretsmanager_secret.db.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "secretsmanager:DeleteSecret", Principal = "*", Resource = "*" }]
  })
}

resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 45
  message_retention_seconds  = 86400
  kms_master_key_id          = "alias/aws/sqs"
  tags                       = { Owner = "platform" }
}

resource "aws_sqs_queue" "ordered" {
  name                        = "ordered.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Principal = { AWS = "arn:aws:iam::123456789012:root" }, Resource = aws_sqs_queue.jobs.arn }]
  })
}
