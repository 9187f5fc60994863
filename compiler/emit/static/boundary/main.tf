# The permissions boundary: a managed policy that allows everything but what the
# guardrails deny. Apply this directory by itself, with credentials of the
# account, and give users and roles the policy as their boundary: it binds only
# those that carry it.

module "documents" {
  source = "../modules/documents"

  # The exceptions are those of the module: one file for both.
  exceptions               = jsondecode(file("${path.module}/../exceptions.auto.tfvars.json")).exceptions
  protected_principal_tags = var.protected_principal_tags
}

resource "aws_iam_policy" "boundary" {
  for_each = {
    for name, m in module.documents.metadata : name => m if m.type == "PERMISSIONS_BOUNDARY"
  }

  name        = "${var.name}-${each.key}"
  path        = var.path
  description = each.value.description
  policy      = module.documents.documents[each.key]
  tags        = merge(var.tags, each.value.tags)

  lifecycle {
    # IAM would refuse it too, but only while applying.
    precondition {
      condition     = module.documents.sizes[each.key] <= module.documents.limits[each.value.type].document
      error_message = "Document ${each.key} has ${module.documents.sizes[each.key]} characters with its exceptions; AWS takes ${module.documents.limits[each.value.type].document}. A principal carries one boundary, so it cannot be split: let exceptions share deadlines and lists of resources, or end some."
    }
  }
}
