package compiler

import (
	"cmp"
	"fmt"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
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

// emit writes each module in memory.
func (c *compilation) emit() error {
	for _, m := range c.modules {
		out, err := emit.Write(cmp.Or(c.in.Options.Format, emit.FormatModule), m.Program, m.Documents, m.set, emit.Options{
			Name: m.Name, Targets: m.targets, Version: c.in.Options.Version, Limits: c.in.Options.Limits,
			ProtectedTags: except.ProtectedTags(m.Program),
		})
		if err != nil {
			return fmt.Errorf("module %s: %w", m.Name, err)
		}
		m.Output = out
	}
	return nil
}
