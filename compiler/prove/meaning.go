package prove

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// This file says what an exception means, from the record alone. It is the
// specification that the expansion into statements is held to, so it shares no
// code with it.

// exempt returns that some record covers a request that the guardrail judges.
func exempt(records []exception.Record, guardrail string) symbolic.Expr {
	var out []symbolic.Expr
	for _, r := range records {
		if e, ok := covers(r, guardrail); ok {
			out = append(out, e)
		}
	}
	return symbolic.Or(out...)
}

// covers returns what one record covers of a guardrail's requests: its
// identities, and before its end, and on its resources. ok is false where it
// does not reach the guardrail at all.
func covers(r exception.Record, guardrail string) (e symbolic.Expr, ok bool) {
	if !slices.ContainsFunc(r.Policies, func(p string) bool { return iam.Match(p, guardrail) }) {
		return symbolic.False(), false
	}
	parts := []symbolic.Expr{identities(r)}
	if !r.Expires.IsZero() {
		end := r.Expires.UTC().Format("2006-01-02T15:04:05Z")
		parts = append(parts, symbolic.Not(holds("DateGreaterThanEquals", "aws:CurrentTime", end)))
	}
	if len(r.Resources) > 0 && !slices.Contains(r.Resources, "*") {
		// Addresses are for gates: no request carries them.
		arns := slices.DeleteFunc(slices.Clone(r.Resources), func(s string) bool { return !strings.HasPrefix(s, "arn:") })
		parts = append(parts, symbolic.Resource(arns...))
	}
	return symbolic.And(parts...), true
}

// identities returns that a record names one of the caller's identities.
func identities(r exception.Record) symbolic.Expr {
	var out []symbolic.Expr
	if len(r.Principals) > 0 {
		out = append(out, holds("ArnLike", "aws:PrincipalArn", r.Principals...))
	}
	for _, name := range r.PermissionSets {
		out = append(out, holds("ArnLike", "aws:PrincipalArn", permissionSetRole(name)))
	}
	if len(r.Accounts) > 0 {
		out = append(out, holds("StringEquals", "aws:PrincipalAccount", r.Accounts...))
	}
	if len(r.OrgPaths) > 0 {
		op := iam.Operator{Set: iam.ForAnyValue, Base: "StringLike"}
		out = append(out, symbolic.Holds(iam.Condition{Operator: op, Key: "aws:PrincipalOrgPaths", Values: r.OrgPaths}))
	}
	for key, values := range r.PrincipalTags {
		out = append(out, holds("StringEquals", "aws:PrincipalTag/"+key, values...))
	}
	return symbolic.Or(out...)
}

// permissionSetRole matches the roles that IAM Identity Center makes for a
// permission set: AWSReservedSSO_NAME_ and 16 hexadecimal digits, in a path that
// may name a Region and that nobody else can make roles in.
func permissionSetRole(name string) string {
	return "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_" + name + "_" + strings.Repeat("?", 16)
}

// holds returns that an operator without modifiers holds.
func holds(base, key string, values ...string) symbolic.Expr {
	return symbolic.Holds(iam.Condition{Operator: iam.Operator{Base: base}, Key: key, Values: values})
}
