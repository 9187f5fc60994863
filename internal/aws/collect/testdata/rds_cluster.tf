# Not beside rds.tf: the mock gives all instances one resource id.
resource "aws_rds_cluster" "main" {
  cluster_identifier                  = "cluster"
  engine                              = "aurora-postgresql"
  engine_version                      = "16.4"
  master_username                     = "app"
  master_password                     = "not-a-real-one"
  database_name                       = "app"
  storage_encrypted                   = true
  deletion_protection                 = false
  iam_database_authentication_enabled = true
  backup_retention_period             = 7
  copy_tags_to_snapshot               = true
  skip_final_snapshot                 = true
  enabled_cloudwatch_logs_exports     = ["postgresql"]
  tags                                = { Owner = "platform" }
  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 4
  }
}

resource "aws_rds_cluster_instance" "main" {
  identifier                 = "member"
  cluster_identifier         = aws_rds_cluster.main.id
  engine                     = aws_rds_cluster.main.engine
  instance_class             = "db.t3.medium"
  publicly_accessible        = true
  auto_minor_version_upgrade = false
  promotion_tier             = 3
  tags                       = { Owner = "platform" }
}

resource "aws_rds_cluster" "plain" {
  cluster_identifier  = "plain"
  engine              = "aurora-mysql"
  master_username     = "app"
  master_password     = "not-a-real-one"
  skip_final_snapshot = true
}

resource "aws_db_cluster_snapshot" "main" {
  db_cluster_identifier          = aws_rds_cluster.main.id
  db_cluster_snapshot_identifier = "of-cluster"
  tags                           = { Owner = "platform" }
}
