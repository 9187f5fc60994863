# Decides requests against policy documents, for tests only: which requests does
# a guardrail deny, others left aside. It knows the operators that
# guardrails and exceptions use, and no policy variables.

variable "documents" {
  description = "The documents, as JSON."
  type        = map(string)
}

variable "statements" {
  description = "The index of statements, as the module gives it out."
  type        = map(object({ guardrail = string }))
}

variable "guardrails" {
  description = "The guardrails whose requests are decided; null: all."
  type        = set(string)
  default     = null
}

variable "caller" {
  description = "Condition keys that the caller brings, where a request does not have them itself."
  type        = map(list(string))
  default = {
    "aws:PrincipalArn"     = ["arn:aws:iam::111122223333:role/anyone"]
    "aws:PrincipalAccount" = ["111122223333"]
    "aws:CurrentTime"      = ["2030-01-01T00:00:00Z"]
  }
}

variable "exempt" {
  description = "The caller is exempt: no request may be denied."
  type        = bool
  default     = false
}

output "wrong" {
  description = "The requests with another answer than they should have."
  value = [
    for name, d in local.denied : "${name}: ${d ? "denied" : "not denied"}"
    if d != (local.asked[name].deny && !var.exempt)
  ]
}

locals {
  # A request that says who makes it is no request of an exempt caller.
  asked = {
    for name, r in local.requests : name => r
    if(var.guardrails == null || try(contains(var.guardrails, r.guardrail), false))
    && !(var.exempt && contains([for k in keys(r.context) : lower(k)], "aws:principalarn"))
  }

  # A guardrail answers for itself: its own statements, not its neighbours'.
  statements = {
    for g in toset([for r in local.asked : r.guardrail]) : g => [
      for s in flatten([for d in values(var.documents) : try(jsondecode(d).Statement, [])]) : s
      if can(regex("^(${join("|", [for sid, i in var.statements : sid if i.guardrail == g])})(From[0-9T]+)?(Off[0-9]+)?$", s.Sid))
    ]
  }

  # Condition keys do not tell letters' case apart. A key without values is
  # absent.
  contexts = {
    for name, r in local.asked : name => {
      for k, vs in merge(
        { for k, vs in var.caller : lower(k) => vs },
        { for k, vs in r.context : lower(k) => vs },
      ) : k => vs if length(vs) > 0
    }
  }

  denied = {
    for name, r in local.asked : name => anytrue([
      for s in local.statements[r.guardrail] : alltrue(concat(
        [anytrue([for a in s.Action : can(regex("(?i)${local.globs[a]}", r.action))])],
        [for k, rs in s : anytrue([for p in rs : can(regex(local.globs[p], r.resource))]) if k == "Resource"],
        [for k, rs in s : !anytrue([for p in rs : can(regex(local.globs[p], r.resource))]) if k == "NotResource"],
        flatten([for k, ops in s : [for op, keys in ops : [
          for key, values in keys : local.met[jsonencode([op, values, lookup(local.contexts[name], lower(key), [])])]
        ]] if k == "Condition"]),
      ))
    ])
  }

  # Every distinct test of a condition: operator, values, values in the request.
  tests = toset(flatten([
    for name, r in local.asked : [
      for s in local.statements[r.guardrail] : [
        for k, ops in s : [
          for op, keys in ops : [
            for key, values in keys : jsonencode([op, values, lookup(local.contexts[name], lower(key), [])])
          ]
        ] if k == "Condition"
      ]
    ]
  ]))

  met = {
    for t in local.tests : t => [
      for o in [local.operators[jsondecode(t)[0]]] : [
        for hits in [[
          for v in jsondecode(t)[2] : anytrue([for p in jsondecode(t)[1] : local.pairs[jsonencode([o.base, p, v])]]) != o.negated
          ]] : (
          o.base == "Null" ? contains(jsondecode(t)[1], length(hits) == 0 ? "true" : "false") :
          o.set == "ForAllValues" ? alltrue(hits) :
          o.set == "ForAnyValue" ? anytrue(hits) :
          length(hits) == 0 ? o.negated || o.if_exists :
          anytrue(hits)
        )
      ][0]
    ][0]
  }

  operators = {
    for op in toset([for t in local.tests : jsondecode(t)[0]]) : op => {
      set       = length(split(":", op)) > 1 ? split(":", op)[0] : ""
      if_exists = endswith(op, "IfExists")
      negated   = strcontains(op, "Not")
      base      = replace(trimsuffix(reverse(split(":", op))[0], "IfExists"), "Not", "")
    }
  }

  # Whether one value of a request meets one value of a policy.
  meetings = toset(flatten([
    for t in local.tests : [
      for p in jsondecode(t)[1] : [for v in jsondecode(t)[2] : jsonencode([local.operators[jsondecode(t)[0]].base, p, v])]
    ]
  ]))
  pairs = {
    for pair in local.meetings : pair => [
      for x in [zipmap(["base", "p", "v"], jsondecode(pair))] : lookup({
        StringEquals             = x.v == local.texts[x.p]
        StringEqualsIgnoreCase   = lower(x.v) == lower(local.texts[x.p])
        StringLike               = can(regex(local.globs[x.p], x.v))
        Bool                     = lower(x.v) == lower(x.p)
        NumericEquals            = try(tonumber(x.v) == tonumber(x.p), false)
        NumericLessThan          = try(tonumber(x.v) < tonumber(x.p), false)
        NumericLessThanEquals    = try(tonumber(x.v) <= tonumber(x.p), false)
        NumericGreaterThan       = try(tonumber(x.v) > tonumber(x.p), false)
        NumericGreaterThanEquals = try(tonumber(x.v) >= tonumber(x.p), false)
        DateEquals               = try(timecmp(x.v, x.p) == 0, false)
        DateLessThan             = try(timecmp(x.v, x.p) < 0, false)
        DateLessThanEquals       = try(timecmp(x.v, x.p) <= 0, false)
        DateGreaterThan          = try(timecmp(x.v, x.p) > 0, false)
        DateGreaterThanEquals    = try(timecmp(x.v, x.p) >= 0, false)
        ArnEquals                = try(local.arns[x.p][x.v], false)
        ArnLike                  = try(local.arns[x.p][x.v], false)
        IpAddress                = try(cidrhost("${x.v}/${split("/", x.p)[1]}", 0) == cidrhost(x.p, 0), x.v == x.p)
        Null                     = false # decided by presence, above
      }, x.base)
    ][0]
  }

  # ArnLike compares each of the six segments.
  arns = {
    for p in toset(flatten([for t in local.tests : jsondecode(t)[1] if strcontains(t, "Arn")])) : p => {
      for v in toset(flatten([for t in local.tests : jsondecode(t)[2] if strcontains(t, "Arn")])) : v => alltrue([
        for i in range(6) : can(regex(local.globs[try(local.segments[p][i], "")], try(local.segments[v][i], "?")))
      ])
    }
  }
  segments = {
    for a in toset(flatten([for t in local.tests : concat(jsondecode(t)[1], jsondecode(t)[2]) if strcontains(t, "Arn")])) : a => concat(
      slice(split(":", a), 0, min(5, length(split(":", a)))),
      length(split(":", a)) < 6 ? [] : [join(":", slice(split(":", a), 5, length(split(":", a))))],
    )
  }

  # Values without IAM's escapes: the characters themselves.
  texts = {
    for p in toset(flatten([for t in local.tests : jsondecode(t)[1]])) : p =>
    replace(replace(replace(p, "$${*}", "*"), "$${?}", "?"), "$${$}", "$")
  }

  # Patterns as regular expressions: * and ? are wildcards, and IAM's escapes
  # stand for the characters themselves.
  globs = {
    for p in toset(concat(
      [""],
      flatten([for s in flatten(values(local.statements)) : [for k, v in s : v if contains(["Action", "Resource", "NotResource"], k)]]),
      flatten([for t in local.tests : jsondecode(t)[1]]),
      flatten(values(local.segments)),
      )) : p => "(?s)^${
      replace(replace(replace(replace(replace(replace(
        replace(replace(replace(p, "$${*}", "\u0001"), "$${?}", "\u0002"), "$${$}", "\u0003"),
        "/[.+^$(){}|\\[\\]\\\\]/", "\\$0"),
      "*", ".*"), "?", "."), "\u0001", "\\*"), "\u0002", "\\?"), "\u0003", "\\$")
    }$"
  }
}
