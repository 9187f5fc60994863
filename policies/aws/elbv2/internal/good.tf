resource "aws_lb" "internal" {
  name               = "internal"
  load_balancer_type = "application"
  internal           = true
  subnets            = ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]
}
