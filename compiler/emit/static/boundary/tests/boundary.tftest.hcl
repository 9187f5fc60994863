# Run with: terraform init && terraform test
# The provider is a mock: no account is needed.

mock_provider "aws" {}

run "makes_one_policy_that_allows_what_it_does_not_deny" {
  command = plan

  assert {
    condition     = length(aws_iam_policy.boundary) == 1
    error_message = "A principal carries one boundary."
  }

  assert {
    condition = alltrue([
      for p in aws_iam_policy.boundary :
      jsondecode(p.policy).Statement[0].Effect == "Allow"
      && alltrue([for s in slice(jsondecode(p.policy).Statement, 1, length(jsondecode(p.policy).Statement)) : s.Effect == "Deny"])
    ])
    error_message = "One allow, then denies."
  }
}
