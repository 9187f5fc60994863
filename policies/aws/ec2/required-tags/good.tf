resource "aws_instance" "web" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  tags = {
    Name       = "web"
    Owner      = "payments"
    CostCenter = "4711"
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = "eu-west-1a"
  size              = 100
  encrypted         = true

  tags = {
    Owner      = "payments"
    CostCenter = "4711"
  }
}

# The provider adds the tags.
provider "aws" {
  alias = "tagged"

  default_tags {
    tags = {
      Owner      = "payments"
      CostCenter = "4711"
    }
  }
}

resource "aws_ebs_volume" "tagged_by_default" {
  provider = aws.tagged

  availability_zone = "eu-west-1a"
  size              = 100
  encrypted         = true

  tags = {
    Name = "data"
  }
}
