# Creates the guardrails' policies and attaches them. Apply it with credentials
# of the management account, or of a delegated administrator for policies.

module "documents" {
  source = "./modules/documents"

  exceptions               = var.exceptions
  protected_principal_tags = var.protected_principal_tags
}

resource "aws_organizations_policy" "guardrail" {
  for_each = module.documents.documents

  name        = "${var.name}-${each.key}"
  description = module.documents.metadata[each.key].description
  type        = module.documents.metadata[each.key].type
  content     = each.value
  tags        = merge(var.tags, module.documents.metadata[each.key].tags)

  lifecycle {
    # The API would refuse it too, but only while applying.
    precondition {
      condition     = module.documents.sizes[each.key] <= module.documents.limits.document
      error_message = "Document ${each.key} has ${module.documents.sizes[each.key]} characters with its exceptions; AWS takes ${module.documents.limits.document}. Let exceptions share deadlines and lists of resources, end some, or compile again to spread the guardrails over more documents."
    }
  }
}

resource "aws_organizations_policy_attachment" "guardrail" {
  for_each = {
    for pair in setproduct(keys(module.documents.documents), var.targets) :
    "${pair[0]}/${pair[1]}" => { document = pair[0], target = pair[1] }
  }

  policy_id = aws_organizations_policy.guardrail[each.value.document].id
  target_id = each.value.target

  lifecycle {
    precondition {
      condition     = length(module.documents.documents) + var.attached_policies <= module.documents.limits.attachments
      error_message = "${length(module.documents.documents)} documents and ${var.attached_policies} other policies (attached_policies) make ${length(module.documents.documents) + var.attached_policies} on ${each.value.target}; AWS takes ${module.documents.limits.attachments}."
    }
  }
}
