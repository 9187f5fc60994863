output "documents" {
  description = "The policy documents by name, with the exceptions worked in: compact JSON with sorted lists."
  value       = local.rendered

  precondition {
    condition     = length(local.refusals) == 0
    error_message = "Exceptions refused:\n${join("\n", local.refusals)}"
  }

  precondition {
    condition     = length(local.misplaced) == 0
    error_message = "Exceptions limited to resources that a guardrail targets itself:\n${join("\n", local.misplaced)}\nA statement has Resource or NotResource, never both. Leave out resources, or limit policies to other guardrails."
  }

  precondition {
    condition     = length(local.costly) == 0
    error_message = "Too many distinct lists of resources:\n${join("\n", local.costly)}\nEvery list doubles a guardrail's statements. Give exceptions the same list of resources, or drop some."
  }
}

output "sizes" {
  description = "The size of each document in bytes of UTF-8, which is never less than its characters."
  value = {
    for name, content in local.rendered : name =>
    length(base64encode(content)) / 4 * 3 - length(regexall("=", base64encode(content)))
  }
}

output "metadata" {
  description = "What goes beside each document: policy type, description and tags."
  value       = { for name, d in local.documents : name => { type = d.type, description = d.description, tags = d.tags } }
}

output "limits" {
  description = "The quotas of the documents, by policy type: bytes, documents on one target, and how many a target has to begin with."
  value       = local.limits
}

output "statements" {
  description = "Where each statement comes from: document, guardrail, policy, source line, findings and the exceptions that it honours. A statement's Sid begins with its name here."
  value = {
    for sid, s in local.statements : sid => {
      document   = one([for name, d in local.documents : name if contains(d.statements, sid)])
      guardrail  = s.guardrail
      source     = local.guardrails[s.guardrail].source
      findings   = local.guardrails[s.guardrail].findings
      exceptions = sort(keys(local.reach[sid]))
    }
  }
}

output "exceptions" {
  description = "The register of exceptions: who vouches for each, and until when it holds."
  value = {
    for id, e in var.exceptions : id => {
      owner    = e.owner
      ticket   = e.ticket
      reason   = e.reason
      policies = e.policies
      expires  = local.ends[id] == "" ? null : local.ends[id]
    }
  }
}
