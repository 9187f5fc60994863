# Creates the guardrails' policies and attaches them. Apply it with credentials
# of the management account, or of a delegated administrator for policies.

module "documents" {
  source = "./modules/documents"

  exceptions               = var.exceptions
  protected_principal_tags = var.protected_principal_tags
}

locals {
  # What AWS Organizations holds. Permissions boundaries are the accounts' own.
  types = {
    for name, m in module.documents.metadata : name => m.type if m.type != "PERMISSIONS_BOUNDARY"
  }

  # By policy type: our documents, and the other policies of the fullest target.
  ours = {
    for type in toset(values(local.types)) : type => length([for t in values(local.types) : t if t == type])
  }
  others = {
    for type in keys(local.ours) : type => lookup(var.attached_policies, type, module.documents.limits[type].attached)
  }
}

resource "aws_organizations_policy" "guardrail" {
  for_each = local.types

  name        = "${var.name}-${each.key}"
  description = module.documents.metadata[each.key].description
  type        = each.value
  content     = module.documents.documents[each.key]
  tags        = merge(var.tags, module.documents.metadata[each.key].tags)

  lifecycle {
    # The API would refuse it too, but only while applying.
    precondition {
      condition     = module.documents.sizes[each.key] <= module.documents.limits[each.value].document
      error_message = "Document ${each.key} has ${module.documents.sizes[each.key]} characters with its exceptions; AWS takes ${module.documents.limits[each.value].document} in a ${each.value}. Let exceptions share deadlines and lists of resources, end some, or compile again to spread the guardrails over more documents."
    }
  }
}

resource "aws_organizations_policy_attachment" "guardrail" {
  for_each = {
    for pair in setproduct(keys(local.types), var.targets) :
    "${pair[0]}/${pair[1]}" => { document = pair[0], target = pair[1], type = local.types[pair[0]] }
  }

  policy_id = aws_organizations_policy.guardrail[each.value.document].id
  target_id = each.value.target

  lifecycle {
    precondition {
      condition     = local.ours[each.value.type] + local.others[each.value.type] <= module.documents.limits[each.value.type].attachments
      error_message = "${local.ours[each.value.type]} documents and ${local.others[each.value.type]} other policies (attached_policies) make ${local.ours[each.value.type] + local.others[each.value.type]} of the type ${each.value.type} on ${each.value.target}; AWS takes ${module.documents.limits[each.value.type].attachments}."
    }
  }
}
