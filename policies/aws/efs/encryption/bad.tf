resource "aws_efs_file_system" "plain" {
  creation_token = "plain"
  encrypted      = false
}

# The default of the API is false.
resource "aws_efs_file_system" "silent" {
  creation_token = "silent"
}
