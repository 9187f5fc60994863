resource "aws_rds_cluster" "plain" {
  cluster_identifier          = "plain"
  engine                      = "aurora-postgresql"
  master_username             = "orders"
  manage_master_user_password = true
  storage_encrypted           = false
  skip_final_snapshot         = true
}

# The default is false.
resource "aws_rds_cluster" "silent" {
  cluster_identifier          = "silent"
  engine                      = "aurora-mysql"
  master_username             = "orders"
  manage_master_user_password = true
  skip_final_snapshot         = true
}
