variable "name" {
  description = "What the names of the policies begin with. They must be unique in the organization."
  type        = string
  nullable    = false
  default     = "parapet"

  validation {
    condition     = can(regex("^[\\w .:/=+@-]{1,100}$", var.name))
    error_message = "The name must have 1 to 100 letters, digits, spaces and ._:/=+@-."
  }
}

variable "targets" {
  description = "What the policies are attached to: ids of OUs (ou-ab12-11111111), of accounts (12 digits) or of the root (r-ab12). Begin with an OU that holds one account to try them on."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for t in var.targets : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$", t))])
    error_message = "Not ids of an OU, an account or the root: ${join(", ", [for t in var.targets : t if !can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$", t))])}."
  }
}

variable "attached_policies" {
  description = "How many other policies the fullest target has, by policy type, where they are more than the one that AWS attaches (FullAWSAccess to SERVICE_CONTROL_POLICY, RCPFullAWSAccess to RESOURCE_CONTROL_POLICY). Control Tower adds some."
  type        = map(number)
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for type, n in var.attached_policies : can(regex("^[A-Z0-9_]+$", type)) && n >= 0 && floor(n) == n])
    error_message = "Numbers of policies by policy type, for example { SERVICE_CONTROL_POLICY = 3 }."
  }
}

variable "tags" {
  description = "Tags for the policies, besides those that say where they come from."
  type        = map(string)
  nullable    = false
  default     = {}
}

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
  # The type that counts is that of modules/documents. An object type here would
  # drop the members that it does not know, and a misspelt "expires" would make
  # an exception that never ends.
  type = any

  validation {
    condition = alltrue([
      for id, e in var.exceptions : can(keys(e)) && length(setsubtract(try(keys(e), []), [
        "policies", "principals", "permission_sets", "principal_tags", "accounts", "org_paths",
        "resources", "reason", "owner", "ticket", "expires",
      ])) == 0
    ])
    error_message = "An exception has a member that is not known, or is no object. Known are policies, principals, permission_sets, principal_tags, accounts, org_paths, resources, reason, owner, ticket and expires: ${join("; ", [
      for id, e in var.exceptions : "${id}: ${join(", ", try(keys(e), ["no object"]))}"
    ])}"
  }
}

variable "protected_principal_tags" {
  description = "Principal tag keys that nobody outside the platform team can set, which is what an exception by tag relies on: those that this module's guardrails protect, and those that you know to be protected elsewhere."
  type        = set(string)
  nullable    = false
  default     = []
}
