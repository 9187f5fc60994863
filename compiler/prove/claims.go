package prove

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

// inForce returns the records that the documents were made with.
func (p *prover) inForce() []exception.Record {
	var out []exception.Record
	for _, r := range p.in.Exceptions.Records() {
		out = append(out, r.Source)
	}
	return out
}

// plain returns a guardrail's statements as they stand in a policy without
// exceptions.
func plain(g ir.Guardrail) []iam.Statement {
	var out []iam.Statement
	for _, st := range g.Statements {
		out = append(out, except.Set{}.Expand(st)...)
	}
	return out
}

// coverage proves that nothing that the guardrail is to deny is let through.
func (p *prover) coverage(g ir.Guardrail) Claim {
	covered := symbolic.Not(exempt(p.inForce(), g.ID))
	all := on(g.Layer, p.denies)
	o := p.options(g.Layer)
	unknown := Claim{}
	for _, want := range plain(g) {
		slips := symbolic.And(symbolic.Matches(want), covered)
		// The guardrail's own statements do nearly always.
		r := solve(slips, verify.Meeting(of(g, all), want.Actions), o)
		others := verify.Meeting(all, want.Actions)
		if r.Verdict != symbolic.Unsatisfiable {
			r = solve(slips, others, o)
		}
		switch r.Verdict {
		case symbolic.Unsatisfiable:
		case symbolic.Unknown:
			unknown = Claim{Verdict: ir.Unknown, Statement: want.Sid, Reason: "no answer for " + want.Sid + ": " + r.Reason}
		case symbolic.Satisfiable:
			w := p.familiar(symbolic.And(slips, symbolic.Not(symbolic.AnyOf(verify.Statements(others)))), want, r.Witness, o)
			if why := p.replaySlip(g, want, w); why != "" {
				unknown = Claim{Verdict: ir.Unknown, Statement: want.Sid, Reason: why}
				continue
			}
			return Claim{
				Verdict: ir.Refuted, Statement: want.Sid, Witness: w,
				Reason: "a request that its policy flags is let through",
			}
		}
	}
	if unknown.Verdict != "" {
		return unknown
	}
	return Claim{Verdict: ir.Proved}
}

// solve asks for a request that satisfies e and that no deny stops.
func solve(e symbolic.Expr, denies []verify.Deny, o symbolic.Options) symbolic.Result {
	return symbolic.Solve(symbolic.And(e, symbolic.Not(symbolic.AnyOf(verify.Statements(denies)))), o)
}

// excess proves that the guardrail's statements deny nothing else.
func (p *prover) excess(g ir.Guardrail) Claim {
	o := p.options(g.Layer)
	unknown := Claim{}
	for _, d := range of(g, p.denies) {
		matches := symbolic.Matches(d.Statement)
		r := symbolic.Solve(symbolic.And(matches, symbolic.Not(p.wanted(g))), o)
		beyond := symbolic.Not(p.wanted(g))
		if r.Verdict != symbolic.Unsatisfiable {
			// What another guardrail is to deny anyway is not denied in excess.
			beyond = symbolic.Not(p.wantedBy(d))
			r = symbolic.Solve(symbolic.And(matches, beyond), o)
		}
		switch r.Verdict {
		case symbolic.Unsatisfiable:
		case symbolic.Unknown:
			unknown = Claim{Verdict: ir.Unknown, Statement: d.Statement.Sid, Reason: "no answer for " + d.Statement.Sid + ": " + r.Reason}
		case symbolic.Satisfiable:
			w := p.familiar(symbolic.And(matches, beyond), d.Statement, r.Witness, o)
			why, reason := p.replayExcess(d, w)
			if why != "" {
				unknown = Claim{Verdict: ir.Unknown, Statement: d.Statement.Sid, Reason: why}
				continue
			}
			return Claim{Verdict: ir.Refuted, Statement: d.Statement.Sid, Witness: w, Reason: reason, Guardrail: len(g.Statements) == 0}
		}
	}
	if unknown.Verdict != "" {
		return unknown
	}
	return Claim{Verdict: ir.Proved}
}

// wanted returns what a guardrail is to deny, exceptions taken off.
func (p *prover) wanted(g ir.Guardrail) symbolic.Expr {
	return symbolic.And(symbolic.AnyOf(plain(g)), symbolic.Not(exempt(p.inForce(), g.ID)))
}

// wantedBy returns what any guardrail on a deny's layer is to deny of the
// actions that it judges.
func (p *prover) wantedBy(d verify.Deny) symbolic.Expr {
	var out []symbolic.Expr
	for _, r := range p.references {
		if r.Unknown != "" || r.Guardrail.Layer != d.Layer {
			continue
		}
		if slices.ContainsFunc(r.Guardrail.Statements, func(st ir.Statement) bool {
			return len(verify.Meeting([]verify.Deny{d}, st.Actions)) > 0
		}) {
			out = append(out, p.wanted(r.Guardrail))
		}
	}
	return symbolic.Or(out...)
}

// replaySlip judges a request that slips through by the simulator. It returns
// why the request does not show what it should, which would be a mistake of the
// solver or of the simulator.
func (p *prover) replaySlip(g ir.Guardrail, want iam.Statement, w *simulate.Request) string {
	policy := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{want}}
	if denied, _ := simulate.Denies(policy, w); !denied {
		return "the simulator does not deny, by " + want.Sid + " alone, the request that was found: " + Describe(w)
	}
	policy.Statements = verify.Statements(on(g.Layer, p.denies))
	if denied, _ := simulate.Denies(policy, w); denied {
		return "the simulator denies the request that was found: " + Describe(w)
	}
	return ""
}

// replayExcess judges a request that is denied in excess by the simulator, and
// says in what it is in excess.
func (p *prover) replayExcess(d verify.Deny, w *simulate.Request) (why, reason string) {
	policy := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{d.Statement}}
	if denied, _ := simulate.Denies(policy, w); !denied {
		return "the simulator does not deny, by " + d.Statement.Sid + ", the request that was found: " + Describe(w), ""
	}
	for _, r := range p.references {
		if r.Guardrail.ID != d.Guardrail || r.Guardrail.Layer != d.Layer {
			continue
		}
		policy.Statements = plain(r.Guardrail)
		if denied, _ := simulate.Denies(policy, w); denied {
			return "", d.Statement.Sid + " denies a request that " + p.covering(d.Guardrail, w) + " exempts"
		}
		if len(r.Guardrail.Statements) == 0 {
			return "", d.Statement.Sid + " is of no guardrail that proof.json knows on this layer"
		}
	}
	return "", d.Statement.Sid + " denies a request that the policy lets through"
}

// covering names the exceptions that cover a request.
func (p *prover) covering(guardrail string, w *simulate.Request) string {
	var ids []string
	for _, r := range p.inForce() {
		if e, ok := covers(r, guardrail); ok && symbolic.Eval(e, w) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return "no exception"
	}
	return "exception " + strings.Join(ids, ", ")
}

// tests decides the requests of findings and examples by the documents without
// exceptions, as their principals have none.
func (p *prover) tests(g ir.Guardrail) (right int, wrong []string) {
	if p.in.Unread != "" || len(g.Statements) == 0 {
		return 0, nil
	}
	all := simulate.CompileDenies(iam.Policy{Version: iam.Version2012, Statements: verify.Statements(on(g.Layer, p.bare))})
	own := simulate.CompileDenies(iam.Policy{Version: iam.Version2012, Statements: verify.Statements(of(g, p.bare))})
	for _, t := range g.Tests {
		r := TestRequest(t)
		denied, _ := own.Denies(r)
		if t.Deny && !denied {
			denied, _ = all.Denies(r) // another guardrail's statement may serve
		}
		switch {
		case denied == t.Deny:
			right++
		case t.Deny:
			wrong = append(wrong, fmt.Sprintf("%s is let through: %s", t.Name, Describe(r)))
		default:
			wrong = append(wrong, fmt.Sprintf("%s is denied: %s", t.Name, Describe(r)))
		}
	}
	return right, wrong
}
