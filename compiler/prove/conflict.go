package prove

import (
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
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
	protected := except.ProtectedTags(p.program())
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
		for _, key := range slices.Sorted(maps.Keys(r.PrincipalTags)) {
			if !slices.Contains(protected, key) {
				out = append(out, Conflict{Exception: r.ID, What: "no guardrail of this module protects the principal tag " + key + ": unless one elsewhere does, whoever may tag a role can exempt it"})
			}
		}
		if !reached {
			out = append(out, Conflict{Exception: r.ID, What: "it names no guardrail of this module (" + strings.Join(r.Policies, ", ") + ")"})
		}
	}
	return slices.Compact(out)
}

// program is the documents' statements as guardrails.
func (p *prover) program() ir.Program {
	var out ir.Program
	for _, d := range p.in.Documents {
		out.Guardrails = append(out.Guardrails, ir.Guardrail{ID: d.Name, Layer: d.Layer, Statements: d.Statements})
	}
	return out
}

// everybody reports whether an exception leaves a guardrail nothing to deny.
func (p *prover) everybody(g ir.Guardrail, judged, e symbolic.Expr) bool {
	return len(g.Statements) > 0 && symbolic.Solve(symbolic.And(judged, symbolic.Not(e)), p.options(g.Layer)).Verdict == symbolic.Unsatisfiable
}
