resource "aws_kinesis_stream" "main" {
  name             = "main"
  shard_count      = 2
  retention_period = 48
  encryption_type  = "KMS"
  kms_key_id       = "alias/aws/kinesis"
  tags             = { Owner = "platform" }
}

resource "aws_kinesis_stream" "plain" {
  name = "plain"
  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}
