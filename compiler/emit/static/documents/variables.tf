variable "exceptions" {
  description = <<-EOT
    Who is exempt from which guardrails, by a stable id. The lists of identities
    (principals, permission_sets, principal_tags, accounts, org_paths) are
    alternatives: whoever one of them names is exempt. policies limits the
    exception to guardrails (ids, * matches anything), resources to resources
    (ARN patterns), expires in time: a date, which ends at its beginning in UTC,
    or an instant such as 2027-03-31T12:00:00Z.
  EOT
  nullable    = false
  default     = {}
  type = map(object({
    policies        = list(string)
    principals      = optional(list(string), [])
    permission_sets = optional(list(string), [])
    principal_tags  = optional(map(list(string)), {})
    accounts        = optional(list(string), [])
    org_paths       = optional(list(string), [])
    resources       = optional(list(string), [])
    reason          = string
    owner           = string
    ticket          = optional(string, "")
    expires         = optional(string)
  }))
}

variable "protected_principal_tags" {
  description = "Principal tag keys that nobody outside the platform team can set, which is what an exception by tag relies on: those that this module's guardrails protect, and those that you know to be protected elsewhere."
  type        = set(string)
  nullable    = false
  default     = []
}
