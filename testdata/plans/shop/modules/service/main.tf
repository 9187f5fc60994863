variable "name" {
  type = string
}

variable "instance_type" {
  type = string
}

variable "subnet_id" {
  type = string
}

variable "kms_key_arn" {
  type = string
}

variable "imdsv2" {
  type = bool
}

resource "aws_instance" "this" {
  count         = 2
  ami           = "ami-0c1c30571d2dae5c9"
  instance_type = var.instance_type
  subnet_id     = var.subnet_id
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = var.imdsv2 ? "required" : "optional"
  }
  root_block_device {
    encrypted  = true
    kms_key_id = var.kms_key_arn
  }
  tags = { owner = "team-${var.name}", env = "prod", cost-center = "4711" }
}

module "bucket" {
  source = "./bucket"
  name   = "shop-111122223333-${var.name}"
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = module.bucket.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = var.imdsv2
}
