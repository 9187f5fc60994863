package verify

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Deny is one statement as it stands in a document, exceptions worked in.
type Deny struct {
	Document  string
	Layer     ir.Layer
	Guardrail string // id
	Base      string // Sid before exceptions
	Statement iam.Statement
}

// Statements returns the statements of denies.
func Statements(denies []Deny) []iam.Statement {
	out := make([]iam.Statement, len(denies))
	for i, d := range denies {
		out[i] = d.Statement
	}
	return out
}

// Meeting returns the denies that may judge an action that one of the patterns
// names, as far as the names of services tell: it errs towards more.
func Meeting(denies []Deny, actions []string) []Deny {
	return slices.DeleteFunc(slices.Clone(denies), func(d Deny) bool {
		return !meet(d.Statement.Actions, actions)
	})
}

// meet reports whether two lists of action patterns may name one action.
// Statements with NotAction, which have no list, meet everything.
func meet(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool {
			wildX, wildY := strings.ContainsAny(x, "*?"), strings.ContainsAny(y, "*?")
			switch {
			case !wildX && !wildY:
				return strings.EqualFold(x, y)
			case !wildX:
				return iam.MatchAction(y, x)
			case !wildY:
				return iam.MatchAction(x, y)
			}
			hx, _, _ := strings.Cut(x, ":")
			hy, _, _ := strings.Cut(y, ":")
			return strings.ContainsAny(hx+hy, "*?") || strings.EqualFold(hx, hy)
		})
	})
}
