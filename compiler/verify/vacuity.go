package verify

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/lint"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// Vacuity warns of statements that do not do what they say: actions and keys
// that AWS does not have or never sends together, resources that the actions
// are never judged on, conditions that can never hold, and statements that
// another makes superfluous. The statements are those before exceptions.
//
// The service reference lags behind AWS, so these are warnings.
func Vacuity(statements []ir.Statement, layers map[string]ir.Layer, o symbolic.Options) diag.Diagnostics {
	var ds diag.Diagnostics
	ref := iamdata.Load()
	plain := make([]iam.Statement, len(statements))
	for i, st := range statements {
		plain[i] = iam.Statement{Sid: st.Sid, Effect: iam.Deny, Actions: st.Actions, Resources: st.Resources, Conditions: st.Conditions}
		for _, d := range lint.Check(iam.Policy{Version: iam.Version2012, Statements: plain[i : i+1]}, iam.Places{}, ref) {
			d.Summary = st.Sid + ": " + d.Summary
			ds = append(ds, d)
		}
	}
	gone := map[int]bool{} // superfluous: no other statement is, on their account
	for i := len(statements) - 1; i >= 0; i-- {
		st := statements[i]
		matches := symbolic.Matches(plain[i])
		if r := symbolic.Solve(matches, o); r.Verdict == symbolic.Unsatisfiable {
			gone[i] = true
			if !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool {
				return d.Code == "iam-lint-never" && strings.HasPrefix(d.Summary, st.Sid+": ")
			}) {
				ds = append(ds, diag.Warningf("vacuous-statement", "%s: the statement can never match", st.Sid).
					WithDetail("Its conditions exclude each other, so it denies nothing."))
			}
			continue
		}
		var others []iam.Statement
		var names []string
		for j, other := range statements {
			if i == j || gone[j] || layers[st.Sid] != layers[other.Sid] || st.Guardrail != other.Guardrail || !meet(st.Actions, other.Actions) {
				continue
			}
			others = append(others, plain[j])
			names = append(names, other.Sid)
		}
		if len(others) == 0 {
			continue
		}
		if r := symbolic.Solve(symbolic.And(matches, symbolic.Not(symbolic.AnyOf(others))), o); r.Verdict == symbolic.Unsatisfiable {
			gone[i] = true
			ds = append(ds, diag.Warningf("vacuous-statement", "%s: other statements of its guardrail deny all that it denies", st.Sid).
				WithDetail("They are among %s. It takes room and changes nothing.", strings.Join(names, ", ")))
		}
	}
	ds.Sort()
	return ds
}
