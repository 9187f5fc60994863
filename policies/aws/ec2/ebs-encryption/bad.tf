resource "aws_ebs_volume" "plain" {
  availability_zone = "eu-west-1a"
  size              = 100
  type              = "gp3"
  encrypted         = false
}

# Unencrypted unless the account encrypts by default.
resource "aws_ebs_volume" "silent" {
  availability_zone = "eu-west-1a"
  size              = 100
}
