package compiler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/diag"
)

// choose puts the guardrails of a module onto the layer that was asked for, or,
// when none was, onto the least intrusive that holds them exactly. What the
// layer cannot hold is stated as not preventable there.
//
// Lowering makes SCPs: they change nobody's roles and no resource, and bind the
// organization's own principals only. An RCP would bind outsiders as well, and
// a boundary only those who are made to carry it, so neither is chosen
// unasked. A declarative policy denies no call at all: where a policy declares
// one that is exact, it takes the place of the account setting that the policy
// declares too, and of the SCP that guards that setting.
func (c *compilation) choose(m *Module) {
	asked := c.in.Options.Layer
	var kept []ir.Guardrail
	for _, g := range m.Program.Guardrails {
		switch {
		case asked != Auto:
			moved, reason := layer.Move(g, asked)
			if reason != "" {
				m.Program.NotPreventable = append(m.Program.NotPreventable, c.unplaced(g, reason))
				continue
			}
			moved.Why = fmt.Sprintf("--layer %s asks for it.", asked)
			kept = append(kept, moved)
		case superseded(g, m.Program.Guardrails):
		case g.Layer == ir.Declarative && !chosen(g) && alternatives(g, m.Program.Guardrails):
			// Another layer of the same policy stands in for it.
		default:
			g.Why = layer.Why(g)
			kept = append(kept, g)
		}
	}
	for i, g := range kept {
		if asked == Auto && g.Layer == ir.Account && slices.ContainsFunc(m.Program.Guardrails, func(o ir.Guardrail) bool { return o.ID == g.ID && o.Layer == ir.Declarative }) {
			kept[i].Why += " A declarative policy (--layer declarative) would keep it in every account below a target; the Terraform provider takes its type only in late versions."
		}
	}
	m.Program.Guardrails = c.bound(m, kept)
	m.Program.Sort()
}

// bound leaves out what cannot hold in the organization's management account:
// no SCP and no RCP binds it.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
func (c *compilation) bound(m *Module, list []ir.Guardrail) []ir.Guardrail {
	if c.in.Options.Per != PerAccount || m.Name != c.in.Options.Management {
		return list
	}
	binds := func(g ir.Guardrail) bool { return g.Layer != ir.SCP && g.Layer != ir.RCP }
	var kept []ir.Guardrail
	for _, g := range list {
		switch {
		case binds(g):
			kept = append(kept, g)
		case !slices.ContainsFunc(list, func(o ir.Guardrail) bool { return o.ID == g.ID && binds(o) }):
			n := c.unplaced(g, "")
			n.Reason = fmt.Sprintf("%s is the management account of its organization, which no SCP and no RCP binds", m.Name)
			n.Instead = "Move what it is about into a member account, or compile it with --layer boundary for the identities of this account."
			m.Program.NotPreventable = append(m.Program.NotPreventable, n)
		}
	}
	for i, g := range kept {
		if slices.ContainsFunc(list, func(o ir.Guardrail) bool { return o.ID == g.ID && !binds(o) }) {
			kept[i].Why += " Nothing guards it: no SCP binds the management account."
		}
	}
	return kept
}

// unplaced states why a guardrail is not on the layer that was asked for.
func (c *compilation) unplaced(g ir.Guardrail, reason string) ir.NotPreventable {
	n := ir.NotPreventable{
		Policy: g.ID, Findings: g.Findings, At: fmt.Sprintf("%s:%d", g.Policy.File, g.Policy.Line),
		Reason:  fmt.Sprintf("the layer %s cannot hold its guardrail: %s", c.in.Options.Layer, reason),
		Instead: "Compile it with --layer auto: an SCP holds it.",
	}
	for _, st := range g.Statements {
		if st.Line > 0 {
			n.At = fmt.Sprintf("%s:%d", g.Policy.File, st.Line)
			break
		}
	}
	return n
}

// chosen reports whether a declarative guardrail is emitted unasked: it is
// exact, and providers of all supported versions take its types.
func chosen(g ir.Guardrail) bool {
	return g.Layer == ir.Declarative && g.Fidelity == ir.Exact && !slices.ContainsFunc(g.Declaratives, func(d ir.DeclarativePolicy) bool {
		t, ok := layer.LookupDeclarative(d.PolicyType)
		return ok && !t.Auto
	})
}

// superseded reports whether a declarative policy takes the place of what the
// same policy declares for the account, or to guard it.
func superseded(g ir.Guardrail, all []ir.Guardrail) bool {
	if g.Origin != ir.Declared || g.Layer == ir.Declarative {
		return false
	}
	return slices.ContainsFunc(all, func(o ir.Guardrail) bool { return o.ID == g.ID && chosen(o) })
}

// alternatives reports whether the guardrail's policy has one on another layer.
func alternatives(g ir.Guardrail, all []ir.Guardrail) bool {
	return slices.ContainsFunc(all, func(o ir.Guardrail) bool { return o.ID == g.ID && o.Layer != g.Layer })
}

// withoutEffect warns of exceptions that reach a declarative policy, which has
// none by identity.
func withoutEffect(prog ir.Program, set except.Set) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, g := range prog.Guardrails {
		if g.Layer != ir.Declarative {
			continue
		}
		var ids []string
		for _, r := range set.For(g.ID) {
			ids = append(ids, r.ID)
		}
		if len(ids) > 0 {
			ds = append(ds, diag.Warningf("exception-no-effect", "guardrail %s is a declarative policy: exceptions by identity have no effect on it", g.ID).
				WithDetail("They are %s.", strings.Join(ids, ", ")).
				WithHint("a declarative policy is excepted by account or OU: attach another one there"))
		}
	}
	return ds
}

// crowded warns of several modules that attach to the same targets.
func (c *compilation) crowded() diag.Diagnostics {
	users := map[string]int{}
	for _, m := range c.modules {
		for _, t := range m.targets {
			users[t]++
		}
	}
	for _, t := range c.in.Options.Targets {
		if users[t] > 1 {
			return diag.Diagnostics{diag.Warningf("targets-shared", "%d modules attach to %s: their guardrails and quotas add up there", users[t], t).
				WithHint("--per organization makes one module of them, --per ou one for each target")}
		}
	}
	return nil
}
