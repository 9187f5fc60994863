resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/execution"
  task_role_arn            = "arn:aws:iam::123456789012:role/task"
  pid_mode                 = "task"
  tags                     = { Owner = "platform" }
  container_definitions = jsonencode([
    {
      name                   = "web"
      image                  = "nginx:1.29"
      essential              = true
      readonlyRootFilesystem = true
      portMappings           = [{ containerPort = 80, hostPort = 80, protocol = "tcp" }]
      environment            = [{ name = "MODE", value = "live" }]
      logConfiguration       = { logDriver = "awslogs", options = { "awslogs-group" = "web" } }
    },
    { name = "agent", image = "agent", privileged = true, essential = false, dockerLabels = { Kind = "side" } },
  ])

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }
  volume {
    name = "shared"
    efs_volume_configuration {
      file_system_id     = "fs-12345678"
      transit_encryption = "ENABLED"
      authorization_config {
        iam = "ENABLED"
      }
    }
  }
}
