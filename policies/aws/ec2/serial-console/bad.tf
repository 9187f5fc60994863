resource "aws_ec2_serial_console_access" "open" {
  enabled = true
}

# The provider's default is true.
resource "aws_ec2_serial_console_access" "default" {
}
