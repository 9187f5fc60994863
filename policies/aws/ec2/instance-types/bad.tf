resource "aws_instance" "gpu" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "p4d.24xlarge"
}

resource "aws_launch_template" "metal" {
  name          = "metal"
  image_id      = "ami-0123456789abcdef0"
  instance_type = "i3.metal"
}

# Starts like an allowed type, but is another family.
resource "aws_instance" "lookalike" {
  ami           = "ami-0123456789abcdef0"
  instance_type = "m7gd.large"
}
