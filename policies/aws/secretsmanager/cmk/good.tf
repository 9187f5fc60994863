resource "aws_secretsmanager_secret" "database" {
  name       = "database"
  kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
}
