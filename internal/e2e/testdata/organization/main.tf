# The organization that the guardrails are applied to: a canary OU, which holds
# the account that the findings are in.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_organizations_organization" "this" {
  feature_set          = "ALL"
  enabled_policy_types = ["SERVICE_CONTROL_POLICY"]
}

resource "aws_organizations_organizational_unit" "canary" {
  name      = "canary"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_account" "app" {
  name      = "app"
  email     = "app@example.com"
  parent_id = aws_organizations_organizational_unit.canary.id
}

output "unit" {
  value = aws_organizations_organizational_unit.canary.id
}

output "account" {
  value = aws_organizations_account.app.id
}
