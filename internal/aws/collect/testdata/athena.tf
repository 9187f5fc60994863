resource "aws_athena_workgroup" "main" {
  name        = "main"
  description = "of the test"
  tags        = { Owner = "platform" }
  configuration {
    enforce_workgroup_configuration = true
    result_configuration {
      output_location = "s3://results-of-the-test/"
      encryption_configuration {
        encryption_option = "SSE_S3"
      }
    }
  }
}
