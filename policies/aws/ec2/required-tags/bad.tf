# One of the two is missing.
resource "aws_instance" "partly" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  tags = {
    Name  = "web"
    Owner = "payments"
  }
}

# No tags at all: two findings.
resource "aws_ebs_volume" "untagged" {
  availability_zone = "eu-west-1a"
  size              = 100
}
