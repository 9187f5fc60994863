resource "aws_dynamodb_table" "main" {
  name                        = "main"
  billing_mode                = "PROVISIONED"
  hash_key                    = "pk"
  range_key                   = "sk"
  read_capacity               = 2
  write_capacity              = 3
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  table_class                 = "STANDARD_INFREQUENT_ACCESS"
  deletion_protection_enabled = false
  tags                        = { Owner = "platform" }

  attribute {
    name = "pk"
    type = "S"
  }
  attribute {
    name = "sk"
    type = "N"
  }
  attribute {
    name = "other"
    type = "S"
  }
  global_secondary_index {
    name               = "by-other"
    hash_key           = "other"
    range_key          = "sk"
    projection_type    = "INCLUDE"
    non_key_attributes = ["b", "a"]
    read_capacity      = 2
    write_capacity     = 2
  }
  local_secondary_index {
    name            = "local"
    range_key       = "other"
    projection_type = "KEYS_ONLY"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled = true
  }
}

resource "aws_dynamodb_table" "plain" {
  name         = "plain"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  attribute {
    name = "pk"
    type = "B"
  }
}
