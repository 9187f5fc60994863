# A stack in which every kind of resource is there that live state must read
# right: whole and in parts, guarded and not, with tags of the provider. Load
# balancers and queues are made by the test: the provider waits a minute for
# them.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region      = "us-east-1"
  max_retries = 2

  default_tags {
    tags = { Owner = "platform", Stage = "test" }
  }
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  read = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::reports/*" }]
  })
}

# Buckets, and what belongs to them as resources of their own.

resource "aws_s3_bucket" "guarded" {
  bucket = "guarded"
  tags   = { Name = "guarded", Owner = "data" }
}

resource "aws_s3_bucket" "open" {
  bucket = "open"
}

resource "aws_s3_bucket" "half" {
  bucket        = "half"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "guarded" {
  bucket                  = aws_s3_bucket.guarded.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_public_access_block" "half" {
  bucket            = aws_s3_bucket.half.id
  block_public_acls = true
}

resource "aws_s3_bucket_versioning" "guarded" {
  bucket = aws_s3_bucket.guarded.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "guarded" {
  bucket = aws_s3_bucket.guarded.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.data.arn
    }
  }
}

resource "aws_s3_bucket_policy" "guarded" {
  bucket = aws_s3_bucket.guarded.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny", Action = ["s3:*"], Principal = "*", Resource = [aws_s3_bucket.guarded.arn]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_ownership_controls" "open" {
  bucket = aws_s3_bucket.open.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_acl" "open" {
  bucket     = aws_s3_bucket.open.id
  acl        = "public-read"
  depends_on = [aws_s3_bucket_ownership_controls.open]
}

# Identities, with policies inside of them and attached.

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = local.read
}

resource "aws_iam_policy" "everything" {
  name = "everything"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_role" "app" {
  name                 = "app"
  path                 = "/service/"
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy   = local.trust
  tags                 = { Name = "app" }
}

resource "aws_iam_role" "bare" {
  name               = "bare"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "app" {
  name   = "read"
  role   = aws_iam_role.app.id
  policy = local.read
}

resource "aws_iam_role_policy_attachment" "app" {
  role       = aws_iam_role.app.name
  policy_arn = aws_iam_policy.everything.arn
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
}

resource "aws_iam_user" "ci" {
  name = "ci"
  path = "/machines/"
}

resource "aws_iam_access_key" "ci" {
  user = aws_iam_user.ci.name
}

resource "aws_iam_user_policy" "ci" {
  name   = "read"
  user   = aws_iam_user.ci.name
  policy = local.read
}

resource "aws_iam_user_policy_attachment" "ci" {
  user       = aws_iam_user.ci.name
  policy_arn = aws_iam_policy.everything.arn
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length   = 14
  password_reuse_prevention = 24
}

# A network. The rules of groups are written in all three ways.

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = "main" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_subnet" "b" {
  vpc_id                  = aws_vpc.this.id
  cidr_block              = "10.0.2.0/24"
  availability_zone       = "us-east-1b"
  map_public_ip_on_launch = true
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.this.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_security_group" "inline" {
  name        = "inline"
  description = "rules inside"
  vpc_id      = aws_vpc.this.id

  ingress {
    description = "world"
    protocol    = "tcp"
    from_port   = 22
    to_port     = 22
    cidr_blocks = ["0.0.0.0/0"]
  }
  ingress {
    protocol  = "tcp"
    from_port = 0
    to_port   = 65535
    self      = true
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "apart" {
  name        = "apart"
  description = "rules beside"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.apart.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.1.0.0/16"
  description       = "office"
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = aws_security_group.apart.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "peers" {
  security_group_id            = aws_security_group.apart.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.inline.id
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.apart.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_security_group" "classic" {
  name        = "classic"
  description = "rules beside, as they were written once"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group_rule" "web" {
  security_group_id = aws_security_group.classic.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_blocks       = ["10.1.0.0/16", "10.2.0.0/16"]
}

resource "aws_security_group_rule" "self" {
  security_group_id = aws_security_group.classic.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 9000
  to_port           = 9001
  self              = true
}

resource "aws_security_group_rule" "out" {
  security_group_id        = aws_security_group.classic.id
  type                     = "egress"
  protocol                 = "udp"
  from_port                = 53
  to_port                  = 53
  source_security_group_id = aws_security_group.apart.id
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

# What computes.

resource "aws_instance" "web" {
  ami                    = "ami-12c6146b"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.a.id
  vpc_security_group_ids = [aws_security_group.apart.id]
  iam_instance_profile   = aws_iam_instance_profile.app.name
  tags                   = { Name = "web" }
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
}

resource "aws_instance" "old" {
  ami           = "ami-12c6146b"
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.b.id
  tags          = { Name = "old", Empty = "" }
  metadata_options {
    http_tokens = "optional"
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 20
  encrypted         = true
}

resource "aws_ebs_volume" "plain" {
  availability_zone = "us-east-1a"
  size              = 10
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = false
}

resource "aws_lb_target_group" "web" {
  name     = "web"
  protocol = "HTTP"
  port     = 80
  vpc_id   = aws_vpc.this.id
}

# What keeps data, and what watches.

resource "aws_kms_key" "data" {
  description         = "of the data"
  enable_key_rotation = true
}

resource "aws_secretsmanager_secret" "own" {
  name       = "own"
  kms_key_id = aws_kms_key.data.arn
}

resource "aws_secretsmanager_secret" "plain" {
  name = "plain"
}

resource "aws_efs_file_system" "plain" {
  creation_token = "plain"
}

resource "aws_efs_file_system" "own" {
  creation_token = "own"
  encrypted      = true
  kms_key_id     = aws_kms_key.data.arn
}

resource "aws_dynamodb_table" "main" {
  name         = "main"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  attribute {
    name = "pk"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

resource "aws_cloudwatch_log_group" "app" {
  name = "/app"
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.half.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Principal = { Service = "cloudtrail.amazonaws.com" }, Resource = "${aws_s3_bucket.half.arn}/*" }]
  })
}

resource "aws_cloudtrail" "stopped" {
  name           = "stopped"
  s3_bucket_name = aws_s3_bucket.half.id
  enable_logging = false
  depends_on     = [aws_s3_bucket_policy.trail]
}
