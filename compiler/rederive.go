package compiler

import (
	"context"
	"fmt"
	"slices"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/internal/finding"
)

// Derive derives the guardrail of one policy on one layer again, with its
// checks, and without what later passes make of it: statements are neither
// merged nor packed. It is what a module is proved against.
//
// Of in.Findings only those of the policy count, and only for a policy that
// declares its guardrail. The reason, when it is not empty, says why there is no
// such guardrail.
func Derive(ctx context.Context, in Input, policy string, layer ir.Layer) (g ir.Guardrail, reason string, err error) {
	p, ok := in.Engine.Policy(policy)
	if !ok {
		return g, "no policy has the id " + policy, nil
	}
	in.Options.Layer, in.Options.Per = layer, PerOrganization
	findings := in.Findings
	in.Findings, in.Policies = nil, []string{policy}
	if p.Guardrail {
		for _, f := range findings {
			if f.Policy == policy && f.Status == finding.Violation {
				in.Findings = append(in.Findings, f)
			}
		}
	}
	c := &compilation{ctx: ctx, in: in, derived: map[string]derivation{}}
	for _, pass := range passes {
		if pass.name == "place" {
			break // what follows is about modules
		}
		if err := pass.run(c); err != nil {
			return g, "", fmt.Errorf("derive %s: %w", policy, err)
		}
	}
	for _, m := range c.modules {
		i := slices.IndexFunc(m.Program.Guardrails, func(g ir.Guardrail) bool { return g.ID == policy })
		if i >= 0 {
			g = m.Program.Guardrails[i]
			g.Layer = layer // denies are made for SCPs, and say the same elsewhere
			return g, "", c.unmerged(&g)
		}
		if len(m.Program.NotPreventable) > 0 {
			reason = m.Program.NotPreventable[0].Reason
		}
	}
	if reason == "" {
		reason = "the policy has no guardrail on the layer " + string(layer)
	}
	return g, reason, nil
}

// unmerged gives a derived guardrail the statements that lowering made. Where
// verification has dropped some, what is left stays as it is.
func (c *compilation) unmerged(g *ir.Guardrail) error {
	if g.Origin != ir.Derived || len(c.derived[g.ID].dropped) > 0 {
		return nil
	}
	p, _ := c.in.Engine.Policy(g.ID)
	res, err := lower.Lower(c.ctx, lower.Policy{
		ID: p.ID, Package: p.Ref(), Types: p.Types, File: p.File, Line: p.Line,
		Compiler: c.in.Engine.Compiler(), Store: c.in.Engine.Store(),
	}, c.in.Bindings, lower.Options{AllowStricter: c.in.Options.AllowStricter, AllowUntested: c.in.Options.AllowUntested})
	if err != nil {
		return fmt.Errorf("derive %s: %w", g.ID, err)
	}
	g.Statements = nil
	for i, s := range res.Statements {
		s.Sid, s.Guardrail = sidStem(p.ID)+ordinal(i), p.ID
		g.Statements = append(g.Statements, s)
	}
	return nil
}
