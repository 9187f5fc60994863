# Planned against terraform.tfstate without refresh: every kind of change.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

# No change.
resource "aws_s3_bucket" "same" {
  bucket = "changes-111122223333-same"
}

# Updated in place, known ids on both sides.
resource "aws_s3_bucket_public_access_block" "same" {
  bucket                  = aws_s3_bucket.same.id
  block_public_acls       = true
  block_public_policy     = false
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Replaced: a volume cannot be encrypted in place.
resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 20
  encrypted         = true
}

# Replaced the other way round.
resource "aws_security_group" "web" {
  name        = "web-new"
  description = "web"
  vpc_id      = "vpc-0a1b2c3d4e5f60718"
  lifecycle {
    create_before_destroy = true
  }
}

# Created.
resource "aws_sqs_queue" "new" {
  name = "new"
}

# Moved and otherwise left alone.
moved {
  from = aws_iam_user.old
  to   = aws_iam_user.person["ann"]
}

resource "aws_iam_user" "person" {
  for_each = toset(["ann"])
  name     = "ann"
}

# Left alone in the cloud, dropped from the state.
removed {
  from = aws_sns_topic.handed_over
  lifecycle {
    destroy = false
  }
}

# aws_instance.gone is in the state alone: deleted.
