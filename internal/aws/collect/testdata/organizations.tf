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
