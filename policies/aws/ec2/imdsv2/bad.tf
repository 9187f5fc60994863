# The token is optional.
resource "aws_instance" "optional" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  metadata_options {
    http_tokens = "optional"
  }
}

# Nothing is said, so the default of the AMI or the account decides.
resource "aws_instance" "silent" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "t3.small"
}

# The block is there, the setting is not.
resource "aws_launch_template" "incomplete" {
  name          = "web"
  image_id      = "ami-0123456789abcdef0"
  instance_type = "t3.small"

  metadata_options {
    http_put_response_hop_limit = 1
  }
}
