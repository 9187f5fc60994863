resource "aws_ecs_cluster" "main" {
  name = "main"
  tags = { Owner = "platform" }
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
  configuration {
    execute_command_configuration {
      logging = "OVERRIDE"
      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = "commands"
      }
    }
  }
}

resource "aws_ecs_task_definition" "main" {
  family                   = "main"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  tags                     = { Owner = "platform" }
  container_definitions = jsonencode([{
    name                   = "app"
    image                  = "app:1"
    essential              = true
    readonlyRootFilesystem = true
    environment            = [{ name = "STAGE", value = "test" }]
    portMappings           = [{ containerPort = 80, hostPort = 80, protocol = "tcp" }]
    logConfiguration       = { logDriver = "awslogs", options = { "awslogs-group" = "app" } }
  }])
  volume {
    name = "shared"
    efs_volume_configuration {
      file_system_id     = "fs-12345678"
      transit_encryption = "ENABLED"
    }
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_ecs_service" "main" {
  name            = "main"
  cluster         = aws_ecs_cluster.main.arn
  task_definition = aws_ecs_task_definition.main.arn
  desired_count   = 1
  launch_type     = "FARGATE"
  tags            = { Owner = "platform" }
  network_configuration {
    subnets          = [aws_subnet.main.id]
    assign_public_ip = true
  }
}
