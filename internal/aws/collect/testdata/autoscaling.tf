resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_launch_template" "this" {
  name          = "worker"
  image_id      = "ami-12c6146b"
  instance_type = "t3.micro"
}

resource "aws_lb_target_group" "this" {
  name                 = "workers"
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = 30
  slow_start           = 60
  tags                 = { Owner = "platform" }

  health_check {
    path    = "/healthz"
    matcher = "200-299"
  }
  stickiness {
    type            = "lb_cookie"
    cookie_duration = 600
  }
}

resource "aws_lb_target_group" "network" {
  name        = "network"
  port        = 443
  protocol    = "TLS"
  target_type = "ip"
  vpc_id      = aws_vpc.this.id
}

resource "aws_autoscaling_group" "plain" {
  name                  = "plain"
  min_size              = 1
  max_size              = 3
  desired_capacity      = 1
  vpc_zone_identifier   = [aws_subnet.a.id]
  target_group_arns     = [aws_lb_target_group.this.arn]
  health_check_type     = "ELB"
  protect_from_scale_in = true
  suspended_processes   = ["AZRebalance"]
  termination_policies  = ["OldestInstance", "Default"]

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }
  tag {
    key                 = "Owner"
    value               = "platform"
    propagate_at_launch = true
  }
}

resource "aws_autoscaling_group" "mixed" {
  name                = "mixed"
  min_size            = 0
  max_size            = 0
  vpc_zone_identifier = [aws_subnet.a.id]

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity  = 1
      spot_allocation_strategy = "capacity-optimized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.this.id
        version            = "1"
      }
      override {
        instance_type     = "t3.small"
        weighted_capacity = "2"
      }
    }
  }
}
