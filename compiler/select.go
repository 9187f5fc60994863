package compiler

import (
	"cmp"
	"maps"
	"slices"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
)

// wanted is a policy that a module must enforce, with its findings there.
type wanted struct {
	policy   engine.Policy
	findings []finding.Finding
}

// unnamed is the module of findings that name no account.
const unnamed = "module"

// selectWanted divides the violations into modules.
func (c *compilation) selectWanted() error {
	byModule := map[string]map[string][]finding.Finding{}
	note := func(module, policy string, fs ...finding.Finding) {
		if byModule[module] == nil {
			byModule[module] = map[string][]finding.Finding{}
		}
		byModule[module][policy] = append(byModule[module][policy], fs...)
	}
	findings := slices.Clone(c.in.Findings)
	finding.Sort(findings)
	for _, f := range findings {
		if f.Status == finding.Violation {
			for _, module := range c.modulesOf(f) {
				note(module, f.Policy, f)
			}
		}
	}
	if len(c.in.Policies) > 0 && len(byModule) == 0 {
		for _, module := range c.modulesOf(finding.Finding{}) {
			byModule[module] = nil
		}
	}
	for module := range byModule {
		for _, id := range c.in.Policies {
			note(module, id)
		}
	}
	var ds diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(byModule)) {
		m := &Module{Name: name, targets: c.in.Options.Targets}
		if c.in.Options.Per == PerOU {
			m.targets = []string{name}
		}
		if c.in.Options.Per == PerAccount && name != unnamed {
			m.Program.Account = name
		}
		for _, id := range slices.Sorted(maps.Keys(byModule[name])) {
			if reason := noPolicy(byModule[name][id]); reason != "" {
				m.Program.NotPreventable = append(m.Program.NotPreventable, ir.NotPreventable{
					Policy: id, Findings: fingerprints(byModule[name][id]), At: "-", Reason: reason,
					Instead: "Keep it in the gate, or write it about a resource to have it prevented: parapet policy new DIR/ID.",
				})
				continue
			}
			p, ok := c.in.Engine.Policy(id)
			if !ok {
				ds = append(ds, diag.Errorf("unknown-policy", "no policy has the id %s", id).
					WithDetail("the findings name it, but it is in neither the library nor a --policy directory").
					WithHint("give the directory that holds it: --policy DIR"))
				continue
			}
			m.wanted = append(m.wanted, wanted{policy: p, findings: byModule[name][id]})
		}
		slices.SortFunc(m.wanted, func(a, b wanted) int { return cmp.Compare(a.policy.ID, b.policy.ID) })
		c.modules = append(c.modules, m)
	}
	return ds.Err()
}

// noPolicy says of findings that come from no policy about resources why they
// have no guardrail; it is empty for the others.
func noPolicy(fs []finding.Finding) string {
	switch {
	case len(fs) == 0:
		return ""
	case fs[0].Document:
		return "the policy is about the whole plan; IAM decides on one request, so that nothing can be derived from it"
	case fs[0].Policy == finding.Drift:
		return "live state has left the code; that it may not is no condition on requests"
	}
	return ""
}

// modulesOf names the modules that a finding belongs to. A findings document
// does not say which OU an account is in, so that every OU prevents them all.
func (c *compilation) modulesOf(f finding.Finding) []string {
	switch {
	case c.in.Options.Per == PerOU && len(c.in.Options.Targets) > 0:
		return sorted(c.in.Options.Targets)
	case c.in.Options.Per == PerOrganization || c.in.Options.Per == PerOU:
		return []string{string(c.in.Options.Per)}
	case f.Resource.Account != nil && *f.Resource.Account != "":
		return []string{*f.Resource.Account}
	}
	return []string{unnamed}
}

// fingerprints lists the findings' fingerprints in order.
func fingerprints(fs []finding.Finding) []string {
	out := make([]string, 0, len(fs))
	for _, f := range fs {
		out = append(out, f.Fingerprint)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
