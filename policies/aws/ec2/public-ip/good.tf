resource "aws_instance" "private" {
  ami                         = "ami-0123456789abcdef0"
  instance_type               = "t3.small"
  subnet_id                   = "subnet-0123456789abcdef0"
  associate_public_ip_address = false
}

# The subnet decides.
resource "aws_instance" "silent" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"
  subnet_id     = "subnet-0123456789abcdef0"
}

resource "aws_launch_template" "private" {
  name          = "private"
  image_id      = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  network_interfaces {
    associate_public_ip_address = "false"
    security_groups             = ["sg-0123456789abcdef0"]
  }
}
