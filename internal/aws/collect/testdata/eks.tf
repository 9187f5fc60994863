resource "aws_iam_role" "cluster" {
  name = "cluster"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
  })
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.${count.index}.0/24"
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_eks_cluster" "main" {
  name                      = "main"
  role_arn                  = aws_iam_role.cluster.arn
  enabled_cluster_log_types = ["audit", "api"]
  tags                      = { Owner = "platform" }
  vpc_config {
    subnet_ids              = aws_subnet.main[*].id
    endpoint_public_access  = true
    endpoint_private_access = true
    public_access_cidrs     = ["192.0.2.0/24"]
  }
  encryption_config {
    resources = ["secrets"]
    provider {
      key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    }
  }
}

resource "aws_eks_node_group" "main" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = "workers"
  node_role_arn   = aws_iam_role.cluster.arn
  subnet_ids      = aws_subnet.main[*].id
  instance_types  = ["t3.medium"]
  disk_size       = 30
  labels          = { tier = "web" }
  tags            = { Owner = "platform" }
  scaling_config {
    desired_size = 1
    max_size     = 2
    min_size     = 1
  }
  taint {
    key    = "only"
    value  = "web"
    effect = "NO_SCHEDULE"
  }
  remote_access {
    ec2_ssh_key = "key"
  }
}
