// Package optimize makes the statements of one guardrail fewer and shorter
// without changing which requests they deny. Statements of different guardrails
// are never merged: an exception names policies, and teams change exceptions
// without compiling again, so that each guardrail must keep statements of its
// own.
//
// The rewrites are rows of one table and run until none applies. Each only
// replaces two statements by one that denies exactly what the two deny.
package optimize

import (
	"slices"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam"
)

// rewrite replaces two statements by one; false when it does not apply.
type rewrite struct {
	name  string
	apply func(a, b ir.Statement) (ir.Statement, bool)
}

// rewrites are tried in order: what drops a statement comes before what makes
// one longer.
var rewrites = []rewrite{
	{"subsume", subsume},
	{"actions", mergeActions},
	{"resources", mergeResources},
	{"values", mergeValues},
}

// Statements returns fewer statements that deny the same. The first of two
// merged statements keeps its place and its Sid.
func Statements(in []ir.Statement) []ir.Statement {
	out := slices.Clone(in)
	for again := true; again; {
		again = false
	search:
		for _, r := range rewrites {
			for i := range out {
				for j := i + 1; j < len(out); j++ {
					m, ok := r.apply(out[i], out[j])
					if !ok {
						continue
					}
					m.Sid, m.Guardrail, m.Line = out[i].Sid, out[i].Guardrail, out[i].Line
					out[i] = m
					out = slices.Delete(out, j, j+1)
					again = true
					break search
				}
			}
		}
	}
	return out
}

// subsume drops the statement that another one covers.
func subsume(a, b ir.Statement) (ir.Statement, bool) {
	switch {
	case covers(a, b):
		return a, true
	case covers(b, a):
		return b, true
	}
	return ir.Statement{}, false
}

// covers reports whether a denies everything that b denies. It need not find
// every such case.
func covers(a, b ir.Statement) bool {
	return all(b.Actions, func(x string) bool { return anyOf(a.Actions, func(p string) bool { return iam.MatchAction(p, x) }) }) &&
		all(b.Resources, func(x string) bool { return anyOf(a.Resources, func(p string) bool { return p == x || p == "*" }) }) &&
		all(a.Conditions, func(c iam.Condition) bool {
			return anyOf(b.Conditions, func(d iam.Condition) bool { return weaker(c, d) })
		})
}

// weaker reports whether a condition holds wherever another one does.
func weaker(c, d iam.Condition) bool {
	if c.Key != d.Key {
		return false
	}
	if absent(d) && c.Operator.Base != "Null" {
		return holdsAbsent(c.Operator)
	}
	op := d.Operator
	op.IfExists = op.IfExists || c.Operator.IfExists && op.Set == iam.NoSet // the same, and absence too
	if c.Operator != op {
		return false
	}
	if slices.Equal(c.Values, d.Values) {
		return true
	}
	switch {
	case !alternatives(c.Operator):
		return false
	case c.Operator.Negated():
		return subset(c.Values, d.Values)
	}
	return subset(d.Values, c.Values)
}

// absent reports whether a condition holds only without its key.
func absent(c iam.Condition) bool {
	return c.Operator.Base == "Null" && len(c.Values) == 1 && c.Values[0] == "true"
}

// holdsAbsent reports whether an operator holds for a key that is not there.
func holdsAbsent(op iam.Operator) bool {
	switch op.Set {
	case iam.ForAllValues:
		return true
	case iam.ForAnyValue:
		return false
	case iam.NoSet:
	}
	return op.IfExists || op.Negated()
}

// alternatives reports whether the values of an operator are a plain list: any
// of them for a positive operator, none of them for a negated one. Under
// ForAllValues each value of the request must match one, which more values make
// easier as well.
func alternatives(op iam.Operator) bool {
	switch op.Base {
	case "Null", "Bool":
		return false
	}
	return op.Set != iam.ForAnyValue || !op.Negated()
}

func mergeActions(a, b ir.Statement) (ir.Statement, bool) {
	if !slices.Equal(a.Resources, b.Resources) || !sameConditions(a.Conditions, b.Conditions) {
		return ir.Statement{}, false
	}
	a.Actions = union(a.Actions, b.Actions)
	return a, true
}

func mergeResources(a, b ir.Statement) (ir.Statement, bool) {
	if !slices.Equal(a.Actions, b.Actions) || !sameConditions(a.Conditions, b.Conditions) {
		return ir.Statement{}, false
	}
	a.Resources = union(a.Resources, b.Resources)
	return a, true
}

// mergeValues unites statements that differ in the values of one positive
// condition. ForAllValues is left alone: that every value is in one list or
// every value in the other is not that every value is in either.
func mergeValues(a, b ir.Statement) (ir.Statement, bool) {
	if !slices.Equal(a.Actions, b.Actions) || !slices.Equal(a.Resources, b.Resources) || len(a.Conditions) != len(b.Conditions) {
		return ir.Statement{}, false
	}
	differs := -1
	for i, c := range a.Conditions {
		d := b.Conditions[i]
		if c.Operator != d.Operator || c.Key != d.Key {
			return ir.Statement{}, false
		}
		if slices.Equal(c.Values, d.Values) {
			continue
		}
		if differs >= 0 || c.Operator.Negated() || c.Operator.Base == "Null" || c.Operator.Set == iam.ForAllValues {
			return ir.Statement{}, false
		}
		differs = i
	}
	if differs < 0 {
		return a, true
	}
	a.Conditions = slices.Clone(a.Conditions)
	a.Conditions[differs].Values = union(a.Conditions[differs].Values, b.Conditions[differs].Values)
	return a, true
}

func sameConditions(a, b []iam.Condition) bool {
	return slices.EqualFunc(a, b, func(c, d iam.Condition) bool { return iam.CompareConditions(c, d) == 0 })
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func subset(a, b []string) bool {
	return all(a, func(s string) bool { return slices.Contains(b, s) })
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !ok(x) })
}

func anyOf[T any](list []T, ok func(T) bool) bool { return slices.ContainsFunc(list, ok) }
