resource "aws_db_instance" "plain" {
  identifier                  = "plain"
  engine                      = "postgres"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true
  storage_encrypted           = false
  skip_final_snapshot         = true
}

# The default is false.
resource "aws_db_instance" "silent" {
  identifier                  = "silent"
  engine                      = "mysql"
  instance_class              = "db.t4g.medium"
  allocated_storage           = 50
  username                    = "orders"
  manage_master_user_password = true
  skip_final_snapshot         = true
}
