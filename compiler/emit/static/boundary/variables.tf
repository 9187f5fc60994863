variable "name" {
  description = "What the name of the policy begins with. It must be unique in the account."
  type        = string
  nullable    = false
  default     = "parapet"

  validation {
    condition     = can(regex("^[\\w+=,.@-]{1,100}$", var.name))
    error_message = "The name must have 1 to 100 letters, digits and +=,.@_-."
  }
}

variable "path" {
  description = "The path of the policy."
  type        = string
  nullable    = false
  default     = "/"
}

variable "tags" {
  description = "Tags for the policy, besides those that say where it comes from."
  type        = map(string)
  nullable    = false
  default     = {}
}

variable "protected_principal_tags" {
  description = "Principal tag keys that nobody outside the platform team can set, which is what an exception by tag relies on."
  type        = set(string)
  nullable    = false
  default     = []
}
