resource "aws_sagemaker_notebook_instance" "main" {
  name                   = "main"
  role_arn               = "arn:aws:iam::123456789012:role/notebook"
  instance_type          = "ml.t3.medium"
  direct_internet_access = "Enabled"
  root_access            = "Disabled"
  tags                   = { Owner = "platform" }
}
