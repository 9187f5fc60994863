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
	for i, st := range statements {
		if r := symbolic.Solve(symbolic.Matches(plain[i]), o); r.Verdict != symbolic.Unsatisfiable {
			continue
		}
		gone[i] = true
		if !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool {
			return d.Code == "iam-lint-never" && strings.HasPrefix(d.Summary, st.Sid+": ")
		}) {
			ds = append(ds, diag.Warningf("vacuous-statement", "%s: the statement can never match", st.Sid).
				WithDetail("Its conditions exclude each other, so it denies nothing."))
		}
	}
	// What one statement covers goes before what several cover together, and of
	// two that are equal the later one.
	for _, several := range []bool{false, true} {
		for i := len(statements) - 1; i >= 0; i-- {
			var others []int
			for j, other := range statements {
				if st := statements[i]; i != j && !gone[j] && layers[st.Sid] == layers[other.Sid] && st.Guardrail == other.Guardrail && meet(st.Actions, other.Actions) {
					others = append(others, j)
				}
			}
			if by := covering(plain, i, others, several, o); by != nil && !gone[i] {
				gone[i] = true
				ds = append(ds, diag.Warningf("vacuous-statement", "%s: other statements of its guardrail deny all that it denies", statements[i].Sid).
					WithDetail("%s denies it already. It takes room and changes nothing.", strings.Join(sids(plain, by), " or ")))
			}
		}
	}
	ds.Sort()
	return ds
}

// covering returns statements among others that match all that statement i
// matches, one or, when several is set, all of them together; nil when they do
// not.
func covering(plain []iam.Statement, i int, others []int, several bool, o symbolic.Options) []int {
	within := func(js []int) bool {
		var list []iam.Statement
		for _, j := range js {
			list = append(list, plain[j])
		}
		rest := symbolic.And(symbolic.Matches(plain[i]), symbolic.Not(symbolic.AnyOf(list)))
		return symbolic.Solve(rest, o).Verdict == symbolic.Unsatisfiable
	}
	if several {
		if len(others) > 1 && within(others) {
			return others
		}
		return nil
	}
	for _, j := range others {
		if within([]int{j}) {
			return []int{j}
		}
	}
	return nil
}

func sids(plain []iam.Statement, js []int) []string {
	var out []string
	for _, j := range js {
		out = append(out, plain[j].Sid)
	}
	return out
}
