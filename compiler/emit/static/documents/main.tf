# Turns guardrail statements and exceptions into policy documents. No provider
# is used here: `terraform test` in this directory needs no account.
#
# A statement denies when its condition C holds and no exception does. An
# exception is "identity I, before time T, on resources R", so the deny is C and,
# for every exception, (not I, or T is past, or not on R). Every identity is an
# atom with a negated operator, which stays true when its key is missing. Negated
# atoms in one Condition are ANDed, so plain exceptions share one statement. The
# limits T and R are worked out by expansion: a statement becomes one statement
# per deadline that has passed and per set of resource lists left out
# (NotResource), each exempting only the identities whose limits still hold
# there. Statements that would exempt the same identities as a wider one are
# dropped.

locals {
  # Every exception in normal form. An atom is the JSON text of
  # [operator, key, value], so that lists of atoms can be sorted and compared.
  records = {
    for id, e in local.sound : id => {
      policies  = [for p in e.policies : "^${replace(replace(p, ".", "\\."), "*", ".*")}$"]
      until     = local.ends[id]
      resources = jsonencode(sort(distinct(e.resources)))
      atoms = concat(
        [for p in e.principals : jsonencode(["ArnNotLike", "aws:PrincipalArn", p])],
        [for s in e.permission_sets : jsonencode(["ArnNotLike", "aws:PrincipalArn", "${local.sso_role}${s}_????????????????"])],
        [for a in e.accounts : jsonencode(["StringNotEquals", "aws:PrincipalAccount", a])],
        [for o in e.org_paths : jsonencode(["ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", o])],
        flatten([for k, values in e.principal_tags : [for v in values : jsonencode(["StringNotEquals", "aws:PrincipalTag/${k}", v])]]),
      )
    }
  }

  # IAM Identity Center names its roles AWSReservedSSO_<permission set>_<16 hex
  # digits>, below a path with the region, or without one in us-east-1.
  sso_role = "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"

  # The first instant at which an exception no longer holds: "" never comes.
  ends = {
    for id, e in var.exceptions : id =>
    e.expires == null ? "" : can(regex("T", e.expires)) ? e.expires : "${e.expires}T00:00:00Z"
  }

  # The exceptions that a statement honours. One limited to resources cannot be
  # worked into a statement that targets resources itself: a statement has
  # Resource or NotResource. It is refused where the two overlap
  # (variables.tf), and has no say where they do not.
  reach = {
    for sid, s in local.statements : sid => {
      for id, r in local.records : id => r
      if anytrue([for p in r.policies : length(regexall(p, s.guardrail)) > 0])
      && (r.resources == "[]" || contains(s.resources, "*"))
    }
  }

  # Its deadlines, the open beginning first, and its distinct resource lists.
  deadlines = {
    for sid, rs in local.reach : sid => concat([""], sort(distinct([for r in rs : r.until if r.until != ""])))
  }
  lists = {
    for sid, rs in local.reach : sid => sort(distinct([for r in rs : r.resources if r.resources != "[]"]))
  }

  # One cell per passed deadline and set of lists left out: bit j of `bits` says
  # that list j is left out. The compiler works in 4 lists at most.
  cells = {
    for sid, rs in local.reach : sid => flatten([
      for level, after in local.deadlines[sid] : [
        for bits in range(pow(2, min(4, length(local.lists[sid])))) : [
          for without in [[for j, l in local.lists[sid] : l if floor(bits / pow(2, j)) % 2 == 1]] : {
            level   = level
            after   = after
            bits    = bits
            numbers = join("", [for j, l in local.lists[sid] : tostring(j + 1) if contains(without, l)])
            without = sort(distinct(flatten([for l in without : jsondecode(l)])))
            exempt = jsonencode(sort(distinct(flatten([
              for r in rs : r.atoms
              if !contains(slice(local.deadlines[sid], 1, level + 1), r.until) && !contains(without, r.resources)
            ]))))
          }
        ]
      ]
    ])
  }

  # A cell that exempts what its wider neighbour exempts adds nothing. Cells are
  # in order of level, then bits, which gives the neighbours' places.
  kept = {
    for sid, cs in local.cells : sid => [
      for i, c in cs : c
      if !anytrue(concat(
        [for n in [i - pow(2, length(local.lists[sid]))] : cs[n].exempt == c.exempt if n >= 0],
        [for j, l in local.lists[sid] : cs[i - pow(2, j)].exempt == c.exempt if floor(c.bits / pow(2, j)) % 2 == 1],
      ))
    ]
  }

  # The conditions of every kept cell: the statement's own and the exceptions'.
  # Where operator and key are the same, both are negated, and the values of a
  # negated operator are all excluded: joining the lists is AND.
  atoms = {
    for sid, cs in local.kept : sid => [
      for c in cs : [
        for a in sort(distinct(concat(
          flatten([for op, keys in local.statements[sid].conditions : [for k, vs in keys : [for v in vs : jsonencode([op, k, v])]]]),
          jsondecode(c.exempt),
          c.after == "" ? [] : [jsonencode(["DateGreaterThanEquals", "aws:CurrentTime", c.after])],
        ))) : jsondecode(a)
      ]
    ]
  }
  conditions = {
    for sid, cells in local.atoms : sid => [
      for atoms in cells : {
        for op in distinct([for a in atoms : a[0]]) : op => {
          for k in distinct([for a in atoms : a[1] if a[0] == op]) : k => sort([for a in atoms : a[2] if a[0] == op && a[1] == k])
        }
      }
    ]
  }

  # The statements as they go into the documents. A part that is empty is left
  # out.
  emitted = {
    for sid, s in local.statements : sid => [
      for i, c in local.kept[sid] : {
        for name, part in {
          Sid = join("", [
            sid,
            c.after == "" ? "" : "From${trimsuffix(formatdate("YYYYMMDD'T'hhmmss", c.after), "T000000")}",
            c.bits == 0 ? "" : "Off${c.numbers}",
          ])
          Effect      = "Deny"
          Action      = s.actions
          Resource    = c.bits == 0 ? s.resources : []
          NotResource = c.without
          Condition   = local.conditions[sid][i]
          Principal   = local.principals[sid]
        } : name => part if length(part) > 0
      }
    ]
  }

  # An RCP names everyone as its principal; no other type has principals.
  principals = {
    for sid in keys(local.statements) : sid =>
    contains([for d in values(local.documents) : d.type if contains(d.statements, sid)], "RESOURCE_CONTROL_POLICY") ? "*" : ""
  }

  # A permissions boundary allows what it does not deny. Declarative policies
  # have no statements and take no exceptions.
  rendered = merge(
    {
      for name, d in local.documents : name => jsonencode({
        Version = "2012-10-17"
        Statement = concat(
          [for s in [{ Action = ["*"], Effect = "Allow", Resource = ["*"] }] : s if d.type == "PERMISSIONS_BOUNDARY"],
          flatten([for sid in d.statements : local.emitted[sid]]),
        )
      }) if !contains(keys(local.contents), name)
    },
    { for name, content in local.contents : name => jsonencode(content) },
  )
}
