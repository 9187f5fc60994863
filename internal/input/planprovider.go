package input

import (
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// place sets account and region from the provider's configuration, as far as
// these are constants or variables whose value the plan holds.
func (t *planTree) place(r *resource.Resource, key string) {
	p, ok := t.config.providers[key]
	if !ok {
		return
	}
	s := t.scope(p.module)
	if region, ok := t.constant(s, p.config.members["region"], 0).(string); ok && resource.IsRegion(region) {
		r.Region = region
	}
	r.Account = t.providerAccount(s, p.config)
}

// providerAccount returns the one account that a provider can work in: the
// account of the role that it assumes, or the only one that it allows.
func (t *planTree) providerAccount(s *scope, config expr) string {
	roles := config.members["assume_role"]
	blocks := append([]expr{roles}, roles.elements...)
	for _, b := range blocks {
		arn, _ := t.constant(s, b.members["role_arn"], 0).(string)
		if account := accountOf(arn); account != "" {
			return account
		}
	}
	if _, assumes := config.members["assume_role"]; !assumes || roles.members == nil && roles.elements == nil {
		switch v := t.constant(s, config.members["allowed_account_ids"], 0).(type) {
		case string:
			return accountOf(v)
		case []any:
			if len(v) == 1 {
				id, _ := v[0].(string)
				return accountOf(id)
			}
		}
	}
	return ""
}

// constant returns the value of an expression that is constant, or that is
// nothing but a variable with a known value; nil otherwise. A plan does not
// tell var.x from "${var.x}-suffix": callers check the form of what they get.
func (t *planTree) constant(s *scope, e expr, depth int) any {
	if e.constant != nil || s == nil || depth > maxReferenceDepth {
		return e.constant
	}
	if len(e.references) != 1 {
		return nil
	}
	steps := resource.SplitAddress(e.references[0])
	if steps[0] != "var" || len(steps) < 2 || strings.Contains(e.references[0], "[") {
		return nil
	}
	name := steps[1]
	var v any
	if s.parent != nil {
		v = t.constant(s.parent, s.call.arguments[name], depth+1)
	} else {
		v = t.variables[name]
	}
	if v == nil {
		v = s.module.defaults[name]
	}
	for _, step := range steps[2:] {
		m, _ := v.(map[string]any)
		v = m[step]
	}
	return v
}
