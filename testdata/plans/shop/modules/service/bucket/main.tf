variable "name" {
  type = string
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = { owner = "team-data", env = "prod", cost-center = "4711" }
}

output "id" {
  value = aws_s3_bucket.this.id
}
