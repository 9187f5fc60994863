output "policies" {
  description = "The id, ARN and size of each policy, by document."
  value = {
    for name, p in aws_organizations_policy.guardrail : name => {
      id         = p.id
      arn        = p.arn
      characters = module.documents.sizes[name]
      limit      = module.documents.limits[p.type].document
    }
  }
}

output "documents" {
  description = "The policy documents by name, with the exceptions worked in."
  value       = module.documents.documents
}

output "statements" {
  description = "Where each statement comes from, by the beginning of its Sid: document, guardrail, source line, findings and exceptions."
  value       = module.documents.statements
}

output "exceptions" {
  description = "The register of exceptions: who vouches for each, and until when it holds."
  value       = module.documents.exceptions
}
