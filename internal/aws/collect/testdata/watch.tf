resource "aws_s3_bucket" "trail" {
  bucket        = "trail-of-the-test"
  force_destroy = true
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/app"
  retention_in_days = 30
  tags              = { Owner = "platform" }
}

resource "aws_cloudwatch_log_group" "forever" {
  name = "/forever"
}

resource "aws_sns_topic" "alarms" {
  name              = "alarms"
  display_name      = "Alarms"
  kms_master_key_id = "alias/aws/sns"
  tags              = { Owner = "security" }
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = "ONE_HOUR"
}

resource "aws_iam_role" "config" {
  name = "config"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "config.amazonaws.com" } }]
  })
}

resource "aws_config_configuration_recorder" "this" {
  name     = "default"
  role_arn = aws_iam_role.config.arn
  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  name           = "default"
  s3_bucket_name = aws_s3_bucket.trail.id
  depends_on     = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.name
  is_enabled = true
  depends_on = [aws_config_delivery_channel.this]
}
