package compiler

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/internal/diag"
)

// prove proves the documents of each module: that nothing that a guardrail is
// to deny slips through except by an exception, and that nothing else is denied.
// A refuted claim is a defect of the compiler, and nothing is emitted.
func (c *compilation) prove() error {
	for _, m := range c.modules {
		report, err := prove.Program(c.ctx, m.Program, m.Documents, m.set, prove.Options{})
		if err != nil {
			return err
		}
		for _, p := range report.Guardrails {
			i := slices.IndexFunc(m.Program.Guardrails, func(g ir.Guardrail) bool { return g.ID == p.ID && g.Layer == p.Layer })
			if i < 0 || len(m.Program.Guardrails[i].Statements) == 0 {
				continue
			}
			g := &m.Program.Guardrails[i]
			g.Checks.Proof = p.Verdict()
			if p.Coverage.Verdict == ir.Refuted || p.Excess.Verdict == ir.Refuted {
				c.ds = append(c.ds, diag.Errorf("guardrail-refuted", "the documents do not hold what %s is to deny", g.ID).
					WithDetail("%s", strings.Join(g.Checks.Proof.Why, "\n")).
					At(diag.Place{File: g.Policy.File, Line: g.Policy.Line}))
			}
		}
	}
	return nil
}
