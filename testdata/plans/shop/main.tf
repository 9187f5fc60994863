# A small shop with common mistakes beside good practice. It is planned offline:
# see ../README.md.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "db_password" {
  type      = string
  sensitive = true
  default   = "correct-horse-battery-staple"
}

variable "buckets" {
  type    = map(object({ versioned = bool }))
  default = { assets = { versioned = true }, "logs.archive" = { versioned = false } }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = { project = "shop" }
  }
}

provider "aws" {
  alias  = "us"
  region = "us-east-1"

  assume_role {
    role_arn = "arn:aws:iam::444455556666:role/deploy"
  }
}

locals {
  tags = { owner = "team-shop", env = "prod", cost-center = "4711" }
}

module "network" {
  source = "./modules/network"
  cidr   = "10.0.0.0/16"
}

module "service" {
  source   = "./modules/service"
  for_each = { cart = "t3.small", search = "m5.24xlarge" }

  name          = each.key
  instance_type = each.value
  subnet_id     = module.network.private_subnet_ids[0]
  kms_key_arn   = aws_kms_key.data.arn
  imdsv2        = each.key == "cart"
}

# Compute -------------------------------------------------------------------

resource "aws_instance" "bastion" {
  ami                    = "ami-0c1c30571d2dae5c9"
  instance_type          = "t3.micro"
  subnet_id              = module.network.public_subnet_id
  vpc_security_group_ids = [aws_security_group.ssh.id]
  # No metadata_options: the instance accepts IMDSv1.
  root_block_device {
    encrypted = false
  }
  tags = { owner = "team-shop" }
}

resource "aws_launch_template" "worker" {
  name          = "worker"
  image_id      = "ami-0c1c30571d2dae5c9"
  instance_type = "c5.large"
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "optional"
  }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted   = true
      volume_size = 20
    }
  }
  tags = local.tags
}

resource "aws_ebs_volume" "data" {
  count             = 2
  availability_zone = "${var.region}a"
  size              = 100
  encrypted         = count.index == 0
  kms_key_id        = count.index == 0 ? aws_kms_key.data.arn : null
  tags              = local.tags
}

resource "aws_ebs_snapshot" "data" {
  count     = 2
  volume_id = aws_ebs_volume.data[count.index].id
  tags      = local.tags
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = false
}

# Network -------------------------------------------------------------------

resource "aws_security_group" "ssh" {
  name        = "ssh"
  description = "SSH from anywhere"
  vpc_id      = module.network.vpc_id
  ingress {
    description      = "ssh"
    from_port        = 22
    to_port          = 22
    protocol         = "tcp"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
  tags = local.tags
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "HTTPS"
  vpc_id      = module.network.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "web" {
  security_group_id = aws_security_group.web.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_security_group_rule" "rdp" {
  type              = "ingress"
  security_group_id = aws_security_group.web.id
  cidr_blocks       = ["0.0.0.0/0"]
  protocol          = "tcp"
  from_port         = 3389
  to_port           = 3389
}

resource "aws_lb" "web" {
  name               = "shop-web"
  load_balancer_type = "application"
  security_groups    = [aws_security_group.web.id]
  subnets            = module.network.private_subnet_ids
  tags               = local.tags
}

resource "aws_lb_target_group" "web" {
  name     = "shop-web"
  port     = 8080
  protocol = "HTTP"
  vpc_id   = module.network.vpc_id
  tags     = local.tags
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.web.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.web.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = "arn:aws:acm:eu-west-1:111122223333:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}

# Storage -------------------------------------------------------------------

resource "aws_s3_bucket" "this" {
  for_each = var.buckets
  bucket   = "shop-111122223333-${each.key}"
  tags     = local.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = { for k, v in var.buckets : k => v if k == "assets" }
  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = var.buckets
  bucket   = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = each.value.versioned ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket" "site" {
  bucket_prefix = "shop-site-"
}

resource "aws_s3_bucket_ownership_controls" "site" {
  bucket = aws_s3_bucket.site.id
  rule {
    object_ownership = "ObjectWriter"
  }
}

resource "aws_s3_bucket_acl" "site" {
  depends_on = [aws_s3_bucket_ownership_controls.site]
  bucket     = aws_s3_bucket.site.id
  acl        = "public-read"
}

resource "aws_kms_key" "data" {
  description             = "shop data"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  tags                    = local.tags
}

resource "aws_kms_key" "scratch" {
  description             = "scratch"
  deletion_window_in_days = 7
}

resource "aws_db_subnet_group" "db" {
  name       = "shop"
  subnet_ids = module.network.private_subnet_ids
  tags       = local.tags
}

resource "aws_db_instance" "orders" {
  identifier                  = "orders"
  engine                      = "postgres"
  instance_class              = "db.t3.medium"
  allocated_storage           = 50
  username                    = "shop"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.db.name
  storage_encrypted           = true
  kms_key_id                  = aws_kms_key.data.arn
  backup_retention_period     = 14
  skip_final_snapshot         = true
  tags                        = local.tags
}

resource "aws_db_instance" "legacy" {
  identifier          = "legacy"
  engine              = "mysql"
  instance_class      = "db.t3.small"
  allocated_storage   = 20
  username            = "admin"
  password            = var.db_password
  publicly_accessible = true
  skip_final_snapshot = true
}

resource "aws_secretsmanager_secret" "api" {
  name       = "shop/api"
  kms_key_id = aws_kms_key.data.arn
  tags       = local.tags
}

resource "aws_secretsmanager_secret" "partner" {
  name                    = "shop/partner"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = var.db_password
}

# Identity ------------------------------------------------------------------

resource "aws_iam_user" "ci" {
  name = "ci"
}

resource "aws_iam_access_key" "ci" {
  user = aws_iam_user.ci.name
}

resource "aws_iam_policy" "admin" {
  name = "everything"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_role" "function" {
  name = "shop-function"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "function" {
  name = "read-assets"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${aws_s3_bucket.this["assets"].arn}/*"]
    }]
  })
}

# Serverless and containers -------------------------------------------------

resource "aws_lambda_function" "webhook" {
  function_name = "webhook"
  role          = aws_iam_role.function.arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  s3_bucket     = aws_s3_bucket.this["assets"].bucket
  s3_key        = "webhook.zip"
  tags          = local.tags
}

resource "aws_lambda_function_url" "webhook" {
  function_name      = aws_lambda_function.webhook.function_name
  authorization_type = "NONE"
}

resource "aws_eks_cluster" "main" {
  name     = "shop"
  role_arn = aws_iam_role.function.arn
  vpc_config {
    subnet_ids             = module.network.private_subnet_ids
    endpoint_public_access = true
  }
  tags = local.tags
}

# Trails and queues ---------------------------------------------------------

resource "aws_cloudtrail" "audit" {
  name                          = "audit"
  s3_bucket_name                = aws_s3_bucket.this["logs.archive"].id
  enable_logging                = false
  include_global_service_events = true
  tags                          = local.tags
}

resource "aws_sns_topic" "alerts" {
  provider = aws.us
  name     = "alerts"
  tags     = local.tags
}

resource "aws_sqs_queue" "orders" {
  name                    = "orders"
  sqs_managed_sse_enabled = true
  tags                    = local.tags
}

resource "aws_dynamodb_table" "carts" {
  name         = "carts"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  tags = local.tags
}

resource "aws_cloudwatch_log_group" "webhook" {
  name              = "/aws/lambda/${aws_lambda_function.webhook.function_name}"
  retention_in_days = 30
  tags              = local.tags
}

resource "aws_ecr_repository" "shop" {
  name                 = "shop"
  image_tag_mutability = "MUTABLE"
  image_scanning_configuration {
    scan_on_push = false
  }
}
