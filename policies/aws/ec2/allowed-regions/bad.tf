provider "aws" {
  region = "ap-southeast-2"
}

resource "aws_ebs_volume" "data" {
  availability_zone = "ap-southeast-2a"
  size              = 100
  encrypted         = true
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}
