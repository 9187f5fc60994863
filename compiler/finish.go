package compiler

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// place puts every guardrail onto its layer, says why, and checks that the
// layers can hold the guardrails, with the exceptions.
func (c *compilation) place() error {
	for _, m := range c.modules {
		c.choose(m)
		for _, g := range m.Program.Guardrails {
			c.ds = append(c.ds, layer.Check(g)...)
		}
		set, ds := except.New(c.in.Exceptions, except.Options{Now: c.in.Now, ProtectedTags: except.ProtectedTags(m.Program)})
		c.ds = append(c.ds, ds...)
		c.ds = append(c.ds, set.Check(m.Program)...)
		c.ds = append(c.ds, withoutEffect(m.Program, set)...)
		m.set = set
	}
	c.ds = append(c.ds, c.crowded()...)
	return nil
}

// pack fits the statements of each module into documents.
func (c *compilation) pack() error {
	for _, m := range c.modules {
		o := pack.Options{Limits: c.in.Options.Limits, Size: emit.Size(m.set)}
		if c.in.Previous != nil {
			o.Previous = c.in.Previous(m.Name)
		}
		docs, ds := pack.Pack(m.Program, o)
		c.ds = append(c.ds, ds...)
		m.Documents = docs
	}
	return nil
}

// suggest asks what live state suggests, for the policies that have guardrails
// with statements: nobody is stopped by a setting.
func (c *compilation) suggest(m *Module) error {
	if c.in.Suggest == nil {
		return nil
	}
	for _, w := range m.wanted {
		stops := slices.ContainsFunc(m.Program.Guardrails, func(g ir.Guardrail) bool { return g.ID == w.policy.ID && len(g.Statements) > 0 })
		if !stops {
			continue
		}
		list, err := c.in.Suggest(m.Program.Account, w.policy.ID, w.findings)
		if err != nil {
			return err
		}
		for _, s := range list {
			m.Suggested = append(m.Suggested, emit.Suggestion{Policy: w.policy.ID, Principals: s.Principals, Reason: s.Reason})
		}
	}
	return nil
}

// emit writes each module in memory.
func (c *compilation) emit() error {
	for _, m := range c.modules {
		if err := c.suggest(m); err != nil {
			return fmt.Errorf("module %s: %w", m.Name, err)
		}
		out, err := emit.Write(cmp.Or(c.in.Options.Format, emit.FormatModule), m.Program, m.Documents, m.set, emit.Options{
			Name: m.Name, Targets: m.targets, Version: c.in.Options.Version, Limits: c.in.Options.Limits,
			ProtectedTags: except.ProtectedTags(m.Program), Suggested: m.Suggested,
		})
		if err != nil {
			return fmt.Errorf("module %s: %w", m.Name, err)
		}
		m.Output = out
	}
	return nil
}
