resource "aws_iam_role_policy_attachment" "reader" {
  role       = "app"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

# A policy of one's own that happens to have the name.
resource "aws_iam_group_policy_attachment" "own" {
  group      = "operators"
  policy_arn = "arn:aws:iam::111122223333:policy/AdministratorAccess"
}
