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

# The provider waits for what is set after the subnet is made, so nothing else is
# in it.
resource "aws_subnet" "a" {
  vpc_id                  = aws_vpc.this.id
  cidr_block              = "10.0.1.0/24"
  availability_zone       = "us-east-1a"
  map_public_ip_on_launch = true
  tags                    = { Name = "a" }
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "us-east-1b"
}

resource "aws_ebs_snapshot" "data" {
  volume_id   = aws_ebs_volume.data.id
  description = "of the data"
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.b.id
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  path = "/apps/"
  role = aws_iam_role.app.name
}

resource "aws_instance" "app" {
  ami                         = "ami-12c6146b"
  instance_type               = "m5.large"
  subnet_id                   = aws_subnet.b.id
  associate_public_ip_address = true
  vpc_security_group_ids      = [aws_security_group.app.id]
  iam_instance_profile        = aws_iam_instance_profile.app.name
  disable_api_termination     = true
  ebs_optimized               = true
  tags                        = { Name = "app", Owner = "platform" }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "enabled"
  }
  root_block_device {
    encrypted   = true
    volume_size = 20
    volume_type = "gp3"
  }
  ebs_block_device {
    device_name = "/dev/sdf"
    encrypted   = true
    volume_size = 10
    volume_type = "gp3"
  }
}

resource "aws_instance" "plain" {
  ami           = "ami-12c6146b"
  instance_type = "m5.large"
  subnet_id     = aws_subnet.b.id
}

resource "aws_ebs_volume" "data" {
  availability_zone = "us-east-1a"
  size              = 100
  type              = "gp3"
  iops              = 4000
  throughput        = 250
  encrypted         = true
  tags              = { Name = "data" }
}

resource "aws_ebs_volume" "open" {
  availability_zone = "us-east-1a"
  size              = 8
}

resource "aws_launch_template" "app" {
  name                                 = "app"
  description                          = "an application"
  image_id                             = "ami-12c6146b"
  instance_type                        = "m5.large"
  ebs_optimized                        = true
  disable_api_termination              = true
  instance_initiated_shutdown_behavior = "terminate"
  key_name                             = "app"
  tags                                 = { Owner = "platform" }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted             = true
      delete_on_termination = false
      volume_size           = 20
      volume_type           = "gp3"
    }
  }
  cpu_options {
    core_count       = 1
    threads_per_core = 1
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.app.name
  }
  instance_market_options {
    market_type = "spot"
    spot_options {
      max_price = "0.05"
    }
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  monitoring {
    enabled = true
  }
  network_interfaces {
    device_index                = 0
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_security_group.app.id]
    subnet_id                   = aws_subnet.b.id
  }
  placement {
    tenancy = "dedicated"
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "app" }
  }
}

resource "aws_launch_template" "open" {
  name                   = "open"
  vpc_security_group_ids = [aws_security_group.app.id]

  instance_requirements {
    allowed_instance_types = ["m5.*", "c5.*"]
    memory_mib {
      min = 2048
    }
    vcpu_count {
      min = 1
      max = 4
    }
  }
  network_interfaces {
    associate_public_ip_address = true
  }
}
