resource "aws_iam_user" "deploy" {
  name = "deploy"
}

resource "aws_iam_access_key" "deploy" {
  user = aws_iam_user.deploy.name
}

# An inactive key can be activated again.
resource "aws_iam_access_key" "inactive" {
  user   = "legacy"
  status = "Inactive"
}
