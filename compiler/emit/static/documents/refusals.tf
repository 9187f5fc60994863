# What var.exceptions must not hold: the preconditions of the output `documents`
# fail the plan with these lists. The compiler refuses the same before it writes
# the module; this is for the records that are added later. (Validation blocks
# of the variable could not share these values, as locals wait for them.)

locals {
  principal_form = "^arn:[a-z*-]+:(iam::[0-9*?]+:(role|user)/[\\w+=,.@/*?-]+|sts::[0-9*?]+:federated-user/[\\w+=,.@*?-]+)$"
  principal_any  = "^(\\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(\\*|(role|user|federated-user)/(aws-reserved/)?(sso\\.amazonaws\\.com/)?[*?/]*(AWSReservedSSO_)?[*?_]*))$"
  org_path_form  = "^o-[a-z0-9]+/r-[a-z0-9]+/((ou-[a-z0-9]+-[a-z0-9]+/)+\\*?)?$"
  resource_form  = "^arn:[a-z*-]+:[a-z0-9-]+:[a-z0-9*?-]*:[0-9*?]*:[^\\s$]+$"
  resource_any   = "^arn:[^:]*:[^:]*:[^:]*:[*?]*:[*?/]*$"
  expires_form   = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"

  refusals = sort(distinct(flatten([
    for id, e in var.exceptions : concat(
      [for why, wrong in {
        "the id has other characters than letters, digits, dot, dash and underscore" = !can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", id))
        "policies is empty: name the guardrails, or \"*\""                           = length(e.policies) == 0
        "reason is missing: say why"                                                 = trimspace(e.reason) == ""
        "owner is missing: say who vouches for it"                                   = trimspace(e.owner) == ""
        "it names no identity, so it would exempt nobody: add principals, permission_sets, principal_tags, accounts or org_paths" = (
          length(e.principals) + length(e.permission_sets) + length(e.principal_tags) + length(e.accounts) + length(e.org_paths) == 0
        )
      } : "${id}: ${why}" if wrong],

      [for p in e.policies : "${id}: policy \"${p}\" is not an id or a pattern of ids: lower-case letters, digits, dots, dashes, and * for anything"
      if !can(regex("^[A-Za-z0-9._*/-]+$", p))],

      [for p in e.principals : "${id}: principal \"${p}\" is a session; name the role itself: arn:aws:iam::ACCOUNT:role/NAME"
      if strcontains(p, ":assumed-role/")],
      [for p in e.principals : "${id}: principal \"${p}\" would exempt everyone; name a role or a path of roles"
      if can(regex(local.principal_any, p))],
      [for p in e.principals : "${id}: principal \"${p}\" is not the ARN of a role, a user or a federated user"
      if !can(regex(local.principal_form, p)) && !strcontains(p, ":assumed-role/") && !can(regex(local.principal_any, p))],

      [for s in e.permission_sets : "${id}: permission set \"${s}\" is not a name of 1 to 32 letters, digits and +=,.@_-"
      if !can(regex("^[\\w+=,.@-]{1,32}$", s))],

      [for a in e.accounts : "${id}: account \"${a}\" is not 12 digits" if !can(regex("^[0-9]{12}$", a))],

      [for o in e.org_paths : "${id}: organization path \"${o}\" is not one of an OU: o-…/r-…/ou-…/ or o-…/r-…/ou-…/*"
      if !can(regex(local.org_path_form, o))],

      [for k, values in e.principal_tags : "${id}: principal tag \"${k}\" is not a tag key without wildcards, or has no values, or one with a variable"
      if !can(regex("^[\\w .:/=+@-]{1,128}$", k)) || length(values) == 0 || anytrue([for v in values : v == "" || strcontains(v, "$")])],
      [for k, values in e.principal_tags : "${id}: principal tag \"${k}\" can be set by whoever may tag a role, because no guardrail protects it; protect it and name it in protected_principal_tags, or name principals"
      if !contains(var.protected_principal_tags, k)],

      [for r in e.resources : "${id}: resource \"${r}\" is not an ARN pattern with its service named; leave resources out for all resources"
      if !can(regex(local.resource_form, r))],
      [for r in e.resources : "${id}: resource \"${r}\" is every resource of a service; name resources, or leave resources out"
      if can(regex(local.resource_any, r))],

      [for t in compact([e.expires]) : "${id}: expires \"${t}\" is not a date (2027-03-31) or an instant in UTC (2027-03-31T12:00:00Z)"
      if !can(regex(local.expires_form, t)) || !can(formatdate("YYYY", local.ends[id]))],
      [for t in compact([e.expires]) : "${id}: expired at ${local.ends[id]}; remove it, or have ${e.owner} renew it with a new expires"
      if try(timecmp(local.ends[id], plantimestamp()) <= 0, false)],
    )
  ])))

  # The exceptions that are worked in: all, or none while one is refused.
  sound = { for id, e in var.exceptions : id => e if length(local.refusals) == 0 }

  # Exceptions limited to resources, where a guardrail targets resources too.
  # Two patterns are apart when the literal beginnings of one of their segments
  # differ.
  misplaced = sort(distinct(flatten([
    for sid, s in local.statements : [
      for id, e in local.sound : "${id}: guardrail ${s.guardrail} targets ${join(", ", s.resources)}"
      if length(e.resources) > 0 && !contains(s.resources, "*")
      && anytrue([for p in local.records[id].policies : length(regexall(p, s.guardrail)) > 0])
      && anytrue(flatten([for a in e.resources : [for b in s.resources : alltrue([
        for i in range(6) :
        startswith(local.heads[a][i], local.heads[b][i]) || startswith(local.heads[b][i], local.heads[a][i])
      ])]]))
    ]
  ])))

  # The literal beginning of each of the six segments of an ARN pattern.
  heads = {
    for r in distinct(flatten([[for e in local.sound : e.resources], [for s in local.statements : s.resources]])) : r => [
      for i in range(6) : regex("^[^*?]*", try(
        i < 5 ? split(":", r)[i] : join(":", slice(split(":", r), 5, length(split(":", r)))),
        "",
      ))
    ]
  }

  # A guardrail's statements grow with 2 to the power of its resource lists.
  costly = sort(distinct([
    for sid, ls in local.lists :
    "guardrail ${local.statements[sid].guardrail} has ${length(ls)} distinct lists: up to ${pow(2, length(ls)) * length(local.deadlines[sid])} statements of about ${length(jsonencode(local.statements[sid]))} characters each, and 4 lists are the most that are worked in"
    if length(ls) > 4
  ]))

  # Policies of exceptions that no guardrail of this module answers to.
  unmatched = sort(flatten([
    for id, r in local.records : [
      for i, p in r.policies : "${id}: ${var.exceptions[id].policies[i]}"
      if length(local.guardrails) > 0 && !anytrue([for g in keys(local.guardrails) : length(regexall(p, g)) > 0])
    ]
  ]))
}

check "exceptions_reach_a_guardrail" {
  assert {
    condition     = length(local.unmatched) == 0
    error_message = "Exceptions that name no guardrail of this module, and so change nothing:\n${join("\n", local.unmatched)}"
  }
}
