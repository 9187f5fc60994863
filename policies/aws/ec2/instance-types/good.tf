resource "aws_instance" "web" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"
}

# The user of the template chooses the type.
resource "aws_launch_template" "open" {
  name     = "open"
  image_id = "ami-0123456789abcdef0"
}
