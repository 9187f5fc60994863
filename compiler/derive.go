package compiler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/compiler/optimize"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/iam"
)

// derivation is what lowering a policy gave. It does not depend on the module,
// so that a policy is lowered once for all accounts.
type derivation struct {
	result   lower.Result
	fidelity ir.Fidelity
	checks   ir.Checks
	tests    []ir.TestRequest
	notes    []string
	dropped  []int // statements that verification dropped
	subject  verify.Subject
}

// lower makes the guardrails of every module.
func (c *compilation) lower() error {
	for _, m := range c.modules {
		for _, w := range m.wanted {
			var err error
			if w.policy.Guardrail {
				err = c.declare(m, w)
			} else {
				err = c.derive(m, w)
			}
			if err != nil {
				return err
			}
		}
		m.Program.Sort()
	}
	return nil
}

// derive lowers one policy for one module.
func (c *compilation) derive(m *Module, w wanted) error {
	p := w.policy
	d, ok := c.derived[p.ID]
	if !ok {
		var err error
		if d, err = c.deriveOnce(p); err != nil {
			return err
		}
		c.derived[p.ID] = d
	}
	reach := c.denies()
	refused := map[string]lower.Refusal{}
	for _, r := range d.result.Refusals {
		if _, ok := refused[r.Type]; !ok {
			refused[r.Type] = r
		}
	}
	g := ir.Guardrail{
		ID: p.ID, Title: p.Title, Layer: ir.SCP, Fidelity: d.fidelity, Trust: d.result.Trust, Origin: ir.Derived,
		Policy: policyRef(p), Operations: operations(d.result.Statements), Checks: d.checks, Notes: slices.Clone(d.notes),
		Bypasses: d.result.Bypasses,
	}
	stem := sidStem(p.ID)
	for i, s := range d.result.Statements {
		s.Sid, s.Guardrail = m.sid(stem, i), p.ID
		g.Statements = append(g.Statements, s)
	}
	var leftOut wanted
	leftOut.policy = p
	kept := wanted{policy: p}
	for _, f := range w.findings {
		if covers(d, f.Resource.Type) && reach {
			kept.findings = append(kept.findings, f)
		} else {
			leftOut.findings = append(leftOut.findings, f)
		}
	}
	if len(g.Statements) == 0 || !reach || len(w.findings) > 0 && len(kept.findings) == 0 {
		m.Program.NotPreventable = append(m.Program.NotPreventable, c.notPreventable(w, d, reach))
		return nil
	}
	if len(leftOut.findings) > 0 {
		m.Program.NotPreventable = append(m.Program.NotPreventable, c.notPreventable(leftOut, d, reach))
	}
	g.Findings = fingerprints(kept.findings)
	m.Program.Guardrails = append(m.Program.Guardrails, g)
	return nil
}

// denies reports whether the layer that was asked for holds denies of requests.
// Lowering makes those of an SCP; [compilation.choose] moves them.
func (c *compilation) denies() bool {
	l, ok := layer.Lookup(c.in.Options.Layer)
	return c.in.Options.Layer == Auto || ok && l.HasStatements()
}

// covers reports whether any statement guards the resource type.
func covers(d derivation, typ string) bool {
	return len(d.result.Statements) > 0 && slices.Contains(d.result.Guarded, typ)
}

// deriveOnce lowers and checks a policy.
func (c *compilation) deriveOnce(p engine.Policy) (derivation, error) {
	o := lower.Options{AllowStricter: c.in.Options.AllowStricter, AllowUntested: c.in.Options.AllowUntested}
	res, err := lower.Lower(c.ctx, lower.Policy{
		ID: p.ID, Package: p.Ref(), Types: p.Types, File: p.File, Line: p.Line,
		Compiler: c.in.Engine.Compiler(), Store: c.in.Engine.Store(),
	}, c.in.Bindings, o)
	if err != nil {
		return derivation{}, err
	}
	res.Statements = optimize.Statements(res.Statements)
	notes := append(slices.Clone(res.Notes), waysRound(res.Bypasses)...)
	if len(res.Statements) > 0 {
		for _, r := range res.Refusals {
			notes = append(notes, fmt.Sprintf("Left out for %s (%s): %s.", r.Type, r.At, r.Reason))
		}
	}
	return derivation{result: res, fidelity: res.Fidelity, notes: notes}, nil
}

// waysRound tells the operations that go round a guardrail, with the statement
// that would close them.
func waysRound(bypasses []ir.Bypass) []string {
	byAttribute := map[string][]string{}
	for _, b := range bypasses {
		byAttribute[b.Attribute] = append(byAttribute[b.Attribute], b.Operation)
	}
	var out []string
	for _, attribute := range slices.Sorted(maps.Keys(byAttribute)) {
		ops := byAttribute[attribute]
		verb := "sets"
		if len(ops) > 1 {
			verb = "set"
		}
		deny := iam.Policy{Statements: []iam.Statement{{Effect: iam.Deny, Actions: ops, Resources: []string{"*"}}}}
		out = append(out, fmt.Sprintf("A way round: %s %s %s without carrying its key. Where nobody needs that, deny it whole: %s",
			strings.Join(ops, ", "), verb, attribute, deny.JSON()))
	}
	return out
}

// notPreventable states why findings have no guardrail.
func (c *compilation) notPreventable(w wanted, d derivation, reach bool) ir.NotPreventable {
	n := ir.NotPreventable{
		Policy: w.policy.ID, Findings: fingerprints(w.findings),
		At:      fmt.Sprintf("%s:%d", w.policy.File, w.policy.Line),
		Instead: w.policy.Instead,
	}
	if n.Instead == "" {
		n.Instead = "Keep this policy in the gate, so that the code is mended before it is applied, and audit live state with it."
	}
	if !reach {
		n.Reason = fmt.Sprintf("the layer %s cannot hold a condition on requests; --layer auto would use an SCP", c.in.Options.Layer)
		return n
	}
	var reasons []string
	first := diag.Place{}
	for _, r := range d.result.Refusals {
		concerns := r.Type == "" || len(w.findings) == 0
		for _, f := range w.findings {
			concerns = concerns || f.Resource.Type == r.Type
		}
		if !concerns || slices.Contains(reasons, r.Reason) {
			continue
		}
		reasons = append(reasons, r.Reason)
		if first.Line == 0 {
			first = r.At
		}
	}
	n.Reason = strings.Join(reasons, "; ")
	if first.Line > 0 {
		n.At = fmt.Sprintf("%s:%d", first.File, first.Line)
	}
	if n.Reason == "" {
		n.Reason = "the rule can never hold with these parameters, so there is nothing to deny"
	}
	return n
}

func policyRef(p engine.Policy) ir.PolicyRef {
	return ir.PolicyRef{ID: p.ID, File: p.File, Line: p.Line, SHA256: p.SHA256}
}

func operations(ss []ir.Statement) []string {
	var out []string
	for _, s := range ss {
		out = append(out, s.Actions...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sid is a statement id that the module does not have yet: two policy ids may
// give the same stem, such as aws-a-b and aws-a with a second statement.
func (m *Module) sid(stem string, i int) string {
	for ; ; i++ {
		sid := stem + ordinal(i)
		taken := slices.ContainsFunc(m.Program.Guardrails, func(g ir.Guardrail) bool {
			return slices.ContainsFunc(g.Statements, func(s ir.Statement) bool { return s.Sid == sid })
		})
		if !taken {
			return sid
		}
	}
}

// ordinal tells the statements of a guardrail apart: the first has none, then B,
// C … Z, AA.
func ordinal(i int) string {
	if i == 0 {
		return ""
	}
	var b []byte
	for n := i + 1; n > 0; n = (n - 1) / 26 {
		b = append(b, byte('A'+(n-1)%26))
	}
	slices.Reverse(b)
	return string(b)
}

// sidStem makes a statement id of a policy id: aws-ec2-imdsv2 → Ec2Imdsv2. A
// Sid holds letters and digits only.
func sidStem(id string) string {
	var b strings.Builder
	up := true
	for _, r := range strings.TrimPrefix(id, "aws-") {
		switch {
		case r >= 'a' && r <= 'z' && up:
			b.WriteRune(r - 'a' + 'A')
			up = false
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	return b.String()
}
