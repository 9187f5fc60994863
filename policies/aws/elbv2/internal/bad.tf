resource "aws_lb" "public" {
  name               = "public"
  load_balancer_type = "network"
  internal           = false
  subnets            = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
}

# The default is false.
resource "aws_lb" "silent" {
  name               = "silent"
  load_balancer_type = "application"
  subnets            = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
}
