resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "app" {
  name        = "app"
  description = "an application"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "app" }

  ingress {
    description = "office"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.1.0.0/16", "10.2.0.0/16"]
  }
  ingress {
    description      = "world"
    protocol         = "tcp"
    from_port        = 443
    to_port          = 443
    ipv6_cidr_blocks = ["::/0"]
  }
  ingress {
    protocol  = "tcp"
    from_port = 0
    to_port   = 65535
    self      = true
  }
  egress {
    protocol        = "tcp"
    from_port       = 5432
    to_port         = 5432
    security_groups = [aws_security_group.database.id]
  }
}

resource "aws_security_group" "database" {
  name        = "database"
  description = "a database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}
