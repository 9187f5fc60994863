resource "aws_codebuild_project" "main" {
  name         = "main-project"
  description  = "of the test"
  service_role = "arn:aws:iam::123456789012:role/build"
  tags         = { Owner = "platform" }
  artifacts {
    type     = "S3"
    location = "artifacts-of-the-test"
  }
  environment {
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = "aws/codebuild/amazonlinux2-x86_64-standard:5.0"
    type            = "LINUX_CONTAINER"
    privileged_mode = true
    environment_variable {
      name  = "STAGE"
      value = "test"
    }
  }
  source {
    type     = "S3"
    location = "source-of-the-test/code.zip"
  }
}
