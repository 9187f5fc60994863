package compiler

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
)

// verify checks every guardrail against its policy and drops what must not be
// emitted.
func (c *compilation) verify() error {
	for _, m := range c.modules {
		kept := m.Program.Guardrails[:0]
		for _, g := range m.Program.Guardrails {
			w := m.wanted[slices.IndexFunc(m.wanted, func(w wanted) bool { return w.policy.ID == g.ID })]
			var err error
			if g.Origin == ir.Derived {
				err = c.checkDerived(&g, w)
			} else {
				err = c.checkDeclared(&g, w)
			}
			if err != nil {
				return err
			}
			if err := wellFormed(g); err != nil {
				return err
			}
			if g.Fidelity == ir.Stricter && !c.in.Options.AllowStricter {
				m.Program.NotPreventable = append(m.Program.NotPreventable, c.tooStrict(g, w))
				continue
			}
			kept = append(kept, g)
		}
		m.Program.Guardrails = kept
		m.Program.Sort()
	}
	return nil
}

// wellFormed parses the statements as AWS would: one that AWS refuses would take
// its whole document with it.
func wellFormed(g ir.Guardrail) error {
	if len(g.Statements) == 0 {
		return nil
	}
	p := iam.Policy{Version: iam.Version2012}
	for _, s := range g.Statements {
		p.Statements = append(p.Statements, iam.Statement{Sid: s.Sid, Effect: iam.Deny, Actions: s.Actions, Resources: s.Resources, Conditions: s.Conditions})
	}
	if _, ds := iam.Parse(p.JSON(), g.ID, iam.ProfileSCP); ds.HasErrors() {
		return diag.Errorf("guardrail-malformed", "the guardrail of %s is not a policy that AWS takes", g.ID).
			WithDetail("%v", ds.Err()).At(diag.Place{File: g.Policy.File, Line: g.Policy.Line})
	}
	return nil
}

// tooStrict states why a guardrail that denies too much is not emitted.
func (c *compilation) tooStrict(g ir.Guardrail, w wanted) ir.NotPreventable {
	n := c.notPreventable(w, derivation{}, true)
	why := strings.Join(g.Notes, " ")
	if len(g.Checks.Counterexamples) > 0 {
		why = g.Checks.Counterexamples[0]
	}
	n.Findings = g.Findings
	n.Reason = "the guardrail would deny more than the policy (" + why + "); --allow-stricter emits it all the same"
	return n
}

// checkDerived compares a derived guardrail with its rule. What was found does
// not depend on the module, and is found once for all.
func (c *compilation) checkDerived(g *ir.Guardrail, w wanted) error {
	d := c.derived[g.ID]
	if d.subject.Ask == nil {
		if err := c.checkOnce(g, &d); err != nil {
			return err
		}
		c.derived[g.ID] = d
	}
	g.Statements = kept(g.Statements, d.dropped)
	g.Operations = operations(g.Statements)
	g.Checks, g.Fidelity, g.Notes = d.checks, d.fidelity, d.notes
	g.Tests = nil
	for _, t := range d.tests {
		t.Guardrail = g.ID
		g.Tests = append(g.Tests, t)
	}
	for _, f := range w.findings {
		c.checkFinding(g, d.subject, f)
	}
	return nil
}

// checkOnce tries states and examples, and states the fidelity. A statement that
// alone denies more than the policy is dropped where others are left: one case of
// a policy that cannot be said must not undo the rest.
func (c *compilation) checkOnce(g *ir.Guardrail, d *derivation) error {
	d.subject = c.subject(g.ID, g.Statements, d.result)
	v, err := verify.States(c.ctx, d.subject)
	if err != nil {
		return err
	}
	if len(v.Stricter) > 0 && !c.in.Options.AllowStricter {
		if v, err = c.dropStrict(g, d, v); err != nil {
			return err
		}
	}
	examples, err := c.in.Examples(g.ID)
	if err != nil {
		return fmt.Errorf("examples of %s: %w", g.ID, err)
	}
	count, tests, wrong, err := verify.CheckExamples(c.ctx, d.subject, examples)
	if err != nil {
		return err
	}
	d.checks = ir.Checks{States: v.States, Examples: count, Counterexamples: slices.Concat(v.Stricter, v.Looser, wrong)}
	d.tests = tests
	d.notes = slices.Concat(d.notes, v.Notes)
	switch {
	case len(v.Stricter) > 0:
		d.fidelity = ir.Stricter
	case len(v.Looser)+len(wrong)+len(d.dropped) > 0 && d.fidelity == ir.Exact:
		d.fidelity = ir.Looser
	case v.Denied == 0 && count.Denied == 0:
		d.fidelity = ir.Looser
		d.checks.Counterexamples = append(d.checks.Counterexamples,
			"nothing that was tried is denied by rule and guardrail alike: the statements may never match")
	}
	return nil
}

// dropStrict drops the statements that by themselves deny more than the policy,
// and tries the others again.
func (c *compilation) dropStrict(g *ir.Guardrail, d *derivation, all verify.Verdict) (verify.Verdict, error) {
	var dropped []int
	var notes []string
	for i := range g.Statements {
		alone := d.subject
		alone.Statements = g.Statements[i : i+1]
		v, err := verify.States(c.ctx, alone)
		if err != nil {
			return all, err
		}
		if len(v.Stricter) > 0 {
			dropped = append(dropped, i)
			notes = append(notes, "Left out, since it would deny more than the policy: "+v.Stricter[0])
		}
	}
	if len(dropped) == 0 || len(dropped) == len(g.Statements) {
		return all, nil
	}
	rest := d.subject
	rest.Statements = kept(g.Statements, dropped)
	v, err := verify.States(c.ctx, rest)
	if err != nil || len(v.Stricter) > 0 {
		return all, err
	}
	d.subject, d.dropped, d.notes = rest, dropped, slices.Concat(d.notes, notes)
	return v, nil
}

// kept is the statements without those at the dropped places.
func kept(ss []ir.Statement, dropped []int) []ir.Statement {
	var out []ir.Statement
	for i, s := range ss {
		if !slices.Contains(dropped, i) {
			out = append(out, s)
		}
	}
	return out
}

// subject gathers what verification needs.
func (c *compilation) subject(id string, ss []ir.Statement, res lower.Result) verify.Subject {
	s := verify.Subject{
		Statements: ss,
		Reads:      map[string][]verify.Read{},
		Ask: func(ctx context.Context, input map[string]any) (bool, error) {
			return c.in.Engine.Decide(ctx, id, input)
		},
		Bindings: c.in.Bindings,
		Doubtful: c.in.Options.AllowUntested,
		Messages: res.Messages,
	}
	for _, t := range res.Guarded {
		s.Reads[t] = []verify.Read{}
		for _, r := range res.Reads[t] {
			s.Reads[t] = append(s.Reads[t], verify.Read(r))
		}
	}
	return s
}

// checkFinding makes the call that would create the finding's resource and
// keeps the one that is denied as a test of the module.
func (c *compilation) checkFinding(g *ir.Guardrail, s verify.Subject, f finding.Finding) {
	if !slices.Contains(g.Findings, f.Fingerprint) || hidden(f.Observed) {
		return
	}
	requests := c.requests(f)
	for _, q := range requests {
		if denied, _ := s.Denies(verify.Request(q)); denied {
			g.Tests = append(g.Tests, ir.TestRequest{
				Name: f.Resource.Address, Finding: f.Fingerprint, Guardrail: g.ID,
				Action: q.Operation, Resource: q.Resource, Account: q.Account, Context: q.Context, Deny: true,
			})
			return
		}
	}
	note := fmt.Sprintf("the call that creates %s is let through: it does not carry the key, or the values were not all known", f.Resource.Address)
	g.Checks.Counterexamples = append(slices.Clone(g.Checks.Counterexamples), note)
	if g.Fidelity == ir.Exact {
		g.Fidelity = ir.Looser
	}
}

// hidden reports whether a value was kept out of the findings.
func hidden(observed map[string]any) bool {
	for _, v := range observed {
		if v == finding.Redacted {
			return true
		}
	}
	return false
}

// requests makes the calls that would create the resource of a finding, or set
// what it is about.
func (c *compilation) requests(f finding.Finding) []binding.Request {
	deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return verify.Calls(c.in.Bindings, binding.Target{
		Type: f.Resource.Type, Name: nameOf(f.Resource), Account: deref(f.Resource.Account), Region: deref(f.Resource.Region),
		Values: verify.Values(f.Observed),
	}, f.Attributes)
}

// checkDeclared tries a declared guardrail on the policy's examples: what is
// good must pass. What is bad need not be denied by its own creation, since a
// declared guardrail often protects a state instead; its own actions are tests.
func (c *compilation) checkDeclared(g *ir.Guardrail, w wanted) error {
	if len(g.Statements) == 0 {
		return nil
	}
	examples, err := c.in.Examples(g.ID)
	if err != nil {
		return fmt.Errorf("examples of %s: %w", g.ID, err)
	}
	s := c.subject(g.ID, g.Statements, lower.Result{})
	for _, r := range examples.Good {
		target := binding.Target{Type: r.Type, Name: r.Name, Account: r.Account, Region: r.Region, Partition: r.Partition, Values: r.Values}
		denied := false
		for _, q := range c.in.Bindings.Requests(target) {
			if d, _ := s.Denies(verify.Request(q)); d {
				denied = true
			}
		}
		if denied {
			g.Checks.Counterexamples = append(g.Checks.Counterexamples, fmt.Sprintf("example %s is good, and its request is denied", r.Address))
			g.Fidelity = worse(g.Fidelity, ir.Stricter)
		} else {
			g.Checks.Examples.Allowed++
		}
	}
	for _, r := range examples.Bad {
		target := binding.Target{Type: r.Type, Name: r.Name, Account: r.Account, Region: r.Region, Partition: r.Partition, Values: r.Values}
		calls := verify.Calls(c.in.Bindings, target, w.policy.Attributes)
		if slices.ContainsFunc(calls, func(q binding.Request) bool { d, _ := s.Denies(verify.Request(q)); return d }) {
			g.Checks.Examples.Denied++
		}
	}
	for _, st := range g.Statements {
		for _, action := range st.Actions {
			t := ir.TestRequest{
				Name: st.Sid, Guardrail: g.ID, Action: action, Resource: verify.Concrete(st.Resources[0]),
				Account: verify.Account, Context: map[string][]string{"aws:RequestedRegion": {verify.Region}}, Deny: true,
			}
			q := binding.Request{Operation: t.Action, Resource: t.Resource, Account: t.Account, Context: t.Context}
			if d, _ := s.Denies(verify.Request(q)); d && !strings.ContainsAny(action, "*?") {
				g.Tests = append(g.Tests, t)
			}
		}
	}
	return nil
}

// nameOf returns what a resource is called in the ARNs of test calls: the name
// that code gives it, or the last part of a live one's id, which is its name, its
// ARN or a URL.
func nameOf(r finding.Subject) string {
	if r.Live() && r.ID != nil {
		return (*r.ID)[strings.LastIndexAny(*r.ID, "/:")+1:]
	}
	return r.Address[strings.LastIndex(r.Address, ".")+1:]
}
