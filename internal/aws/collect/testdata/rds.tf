resource "aws_db_instance" "main" {
  identifier                      = "main"
  engine                          = "postgres"
  engine_version                  = "16.4"
  instance_class                  = "db.t3.medium"
  allocated_storage               = 20
  db_name                         = "app"
  username                        = "app"
  password                        = "not-a-real-one"
  storage_encrypted               = true
  publicly_accessible             = true
  deletion_protection             = false
  skip_final_snapshot             = true
  copy_tags_to_snapshot           = true
  backup_retention_period         = 7
  enabled_cloudwatch_logs_exports = ["postgresql"]
  tags                            = { Owner = "platform" }
}

resource "aws_db_snapshot" "main" {
  db_instance_identifier = aws_db_instance.main.identifier
  db_snapshot_identifier = "of-main"
  shared_accounts        = ["210987654321"]
  tags                   = { Owner = "platform" }
}
