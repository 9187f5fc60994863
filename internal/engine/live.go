package engine

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Live state is never known whole: a collector fills some attributes, and some
// calls are refused. What was not read is left open like what is known only
// after apply, and so is never taken for missing.

// Why a value is unknown. A related type that was not read gives the status of
// its scope instead.
const (
	afterApply   = "known only after apply"
	notCollected = "not collected"
)

// filledOf returns the attributes that are filled as accesses. What cannot be
// read fills nothing.
func filledOf(r *resource.Resource) []access {
	list := make([]access, 0, len(r.Filled))
	for _, text := range r.Filled {
		if a, ok := parseAccess(text); ok {
			list = append(list, a)
		}
	}
	return list
}

// parseAccess reads what [access.String] writes.
func parseAccess(s string) (access, bool) {
	var a access
	for i, part := range strings.Split(s, "[]") {
		if i > 0 {
			a = append(a, anyStep)
		}
		p, err := resource.ParsePath(part)
		if err != nil {
			return nil, false
		}
		a = append(a, p...)
	}
	return a, len(a) > 0
}

// nowhere reports whether no resource of a type can have what the access reads:
// it is known to be missing, whatever was collected. A policy about several types
// reads of each what only others have.
func (p *policy) nowhere(t string, a access) bool {
	if len(a) == 0 || p.schema == nil {
		return false
	}
	provider, err := p.schema()
	if err != nil {
		return false // then it stays open
	}
	path := schemaPath(a.plain())
	known, there := provider.Lookup(t)
	return there && !p.unchecked(t, path.String()) && known.Check(path) != nil
}

// unfilled calls emit with the paths that the access reads of v and that were
// not filled. That something below a list is filled says that the list itself
// is known: how many elements there are, and that an absent one is absent. A
// plain value that is there is known, filled or not.
func (a access) unfilled(filled []access, v any, at resource.Path, emit func(resource.Path)) {
	if plainValue(v) || slices.ContainsFunc(filled, func(f access) bool { return len(f) == 0 }) {
		return
	}
	if len(a) == 0 {
		emit(slices.Clone(at))
		return
	}
	step := a[0]
	if c, ok := step.(chosen); ok {
		step = c.step
	}
	some := func(f access) bool { return f[0] != anyStep }
	switch {
	case step != anyStep:
		next, there := resource.Lookup(v, resource.Path{step})
		if _, index := step.(int); index && !there && len(filled) > 0 {
			return // an element that is known not to be there
		}
		a[1:].unfilled(below(filled, step), next, append(at, step), emit)
	case len(filled) == 0 || slices.ContainsFunc(filled, some):
		emit(slices.Clone(at)) // any member, of which none or only some are filled
	default:
		a.unfilledElements(filled, v, at, emit)
	}
}

// unfilledElements goes on below every element of a filled collection.
func (a access) unfilledElements(filled []access, v any, at resource.Path, emit func(resource.Path)) {
	switch t := v.(type) {
	case []any:
		for i, e := range t {
			a[1:].unfilled(below(filled, i), e, append(at, i), emit)
		}
	case map[string]any:
		for k, e := range t {
			a[1:].unfilled(below(filled, k), e, append(at, k), emit)
		}
	}
}

func plainValue(v any) bool {
	switch v.(type) {
	case nil, map[string]any, []any:
		return false
	}
	return true
}

// below returns what is left of the accesses that take a step.
func below(list []access, step any) []access {
	var out []access
	for _, f := range list {
		if f[0] == anyStep || f[0] == step {
			out = append(out, f[1:])
		}
	}
	return out
}

// hidden returns the related types that the policy reads and that may hold
// more than what was read. The whole type is left open, known resources too:
// a policy may count them.
func (p *policy) hidden(scopes []resource.Scope) []unknownPath {
	var list []unknownPath
	for _, c := range scopes {
		path := resource.Path{"related", c.Type}
		switch {
		case slices.Contains(p.Related, "*"):
			path = path[:1]
		case !slices.Contains(p.Related, c.Type):
			continue
		}
		list = append(list, unknownPath{ref: refOf(path), name: "related." + c.Type, why: notRead(c.Status)})
	}
	return list
}

func notRead(status string) string {
	if status == "" {
		return "not read"
	}
	return "not read: " + status
}

// dependence says in words what an unknown answer depends on, by the reason why
// it is unknown. A value without a name is a whole resource.
func dependence(left []unknownPath) string {
	var reasons []string
	names := map[string][]string{}
	for _, u := range left {
		if u.name == "" {
			return "depends on values " + u.why
		}
		if names[u.why] == nil {
			reasons = append(reasons, u.why)
		}
		names[u.why] = append(names[u.why], u.name)
	}
	for i, why := range reasons {
		reasons[i] = strings.Join(names[why], ", ") + ", " + why
	}
	return "depends on " + strings.Join(reasons, "; and on ")
}

// Unreadable returns the findings of what was not read: for every scope that is
// incomplete and every policy about its type, that nothing can be said of the
// resources which may be there. Their subject names the type, account and
// Region.
func (e *Engine) Unreadable(scopes []resource.Scope) []finding.Finding {
	if len(scopes) == 0 {
		return nil
	}
	e = e.awake()
	var list []finding.Finding
	for _, c := range scopes {
		for _, p := range e.policies {
			if !p.about(c.Type) {
				continue
			}
			f := p.finding(&resource.Resource{
				Type: c.Type, Account: c.Account, Region: c.Region, Origin: resource.OriginSnapshot,
			}, finding.Unknown, func() map[string]bool { return nil })
			f.Observed = map[string]any{}
			f.Message = notRead(c.Status)
			list = append(list, f)
		}
	}
	return list
}
