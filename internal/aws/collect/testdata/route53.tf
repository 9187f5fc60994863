resource "aws_route53_zone" "main" {
  name    = "example.com"
  comment = "of the test"
  tags    = { Owner = "platform" }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_route53_zone" "private" {
  name = "inside.example.com"
  vpc {
    vpc_id = aws_vpc.main.id
  }
}
