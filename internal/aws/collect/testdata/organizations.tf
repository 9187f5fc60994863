resource "aws_organizations_organization" "this" {
  feature_set          = "ALL"
  enabled_policy_types = ["SERVICE_CONTROL_POLICY"]
}

resource "aws_organizations_policy" "deny" {
  name        = "deny"
  description = "Denies leaving"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Leave", Effect = "Deny", Action = "organizations:LeaveOrganization", Resource = "*" }]
  })
  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_organizational_unit" "prod" {
  name      = "prod"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_organizational_unit" "data" {
  name      = "data"
  parent_id = aws_organizations_organizational_unit.prod.id
}

resource "aws_organizations_account" "data" {
  name  = "data"
  email = "data@example.com"

  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy_attachment" "deny" {
  policy_id = aws_organizations_policy.deny.id
  target_id = aws_organizations_organizational_unit.prod.id
}
