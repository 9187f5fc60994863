package prove

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// Conflict is an exception that does not do what exceptions are for.
type Conflict struct {
	Exception string
	Guardrail string // empty: all that it names
	What      string // a sentence without its full stop
}

// conflicts finds exceptions that exempt nobody from a guardrail, or everybody,
// and those that have ended.
func (p *prover) conflicts() []Conflict {
	var out []Conflict
	if p.in.Unread != "" {
		return nil
	}
	inForce := p.inForce()
	for _, r := range p.in.Records {
		if !r.Expires.IsZero() && !r.Expires.After(p.in.Now) {
			out = append(out, Conflict{Exception: r.ID, What: "it ended at " + r.Expires.UTC().Format("2006-01-02T15:04:05Z") + ", and Terraform refuses the plan until it is removed or renewed"})
		}
	}
	here := symbolic.True()
	if p.in.Account != "" {
		here = holds("StringEquals", "aws:PrincipalAccount", p.in.Account)
	}
	for _, r := range inForce {
		reached := false
		for _, ref := range p.references {
			g := ref.Guardrail
			e, ok := covers(r, g.ID)
			if !ok || len(g.Statements) == 0 {
				continue
			}
			reached = true
			judged := symbolic.And(symbolic.AnyOf(plain(g)), here)
			if symbolic.Solve(symbolic.And(judged, e), p.options(g.Layer)).Verdict == symbolic.Unsatisfiable {
				out = append(out, Conflict{r.ID, g.ID, "it exempts nobody: no request that the guardrail denies is by its identities on its resources"})
			} else if p.everybody(g, judged, e) {
				out = append(out, Conflict{r.ID, g.ID, "it exempts everybody, so the guardrail denies nothing"})
			}
		}
		if !reached {
			out = append(out, Conflict{Exception: r.ID, What: "it names no guardrail of this module (" + strings.Join(r.Policies, ", ") + ")"})
		}
	}
	return slices.Compact(out)
}

// everybody reports whether an exception leaves a guardrail nothing to deny.
func (p *prover) everybody(g ir.Guardrail, judged, e symbolic.Expr) bool {
	return len(g.Statements) > 0 && symbolic.Solve(symbolic.And(judged, symbolic.Not(e)), p.options(g.Layer)).Verdict == symbolic.Unsatisfiable
}
