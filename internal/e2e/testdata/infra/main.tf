# What a team wants to make, with mistakes that the gate must find. Some can be
# prevented by a guardrail, some cannot.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

resource "aws_instance" "web" {
  count         = 2
  ami           = "ami-12c6146b"
  instance_type = "t3.micro"

  metadata_options {
    http_tokens = "optional"
  }

  root_block_device {
    encrypted = true
  }

  tags = { Owner = "web", CostCenter = "42" }
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 8
  encrypted         = false

  tags = { Owner = "web", CostCenter = "42" }
}

resource "aws_db_instance" "orders" {
  identifier          = "orders"
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "orders"
  password            = "not-a-real-password"
  skip_final_snapshot = true
  storage_encrypted   = false
  publicly_accessible = true
}

resource "aws_s3_bucket" "site" {
  bucket = "parapet-e2e-site"
}

resource "aws_security_group" "ssh" {
  name = "ssh"

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_user" "ci" {
  name = "ci"
}

resource "aws_iam_access_key" "ci" {
  user = aws_iam_user.ci.name
}
