package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/schema"
)

// watcher holds what a policy reads to the provider's schema, while a walker
// goes over its rules. A read is judged by the types that the rules around it
// demand: it must exist in one of them. A helper that several rules call may
// read what one of its callers' types has.
type watcher struct {
	provider *schema.Provider
	policy   *policy
	types    []string // that the rules around demand; nil: every type
	sites    map[string]*site
	compared map[string]bool // accesses that are compared with a value of their kind
	mistakes []mistake
	found    diag.Diagnostics
}

// site is one read in the source, with what it reads.
type site struct {
	at  diag.Place
	ok  bool
	bad diag.Diagnostic
}

// mistake is a comparison that can never hold.
type mistake struct {
	access string
	bad    diag.Diagnostic
}

// enter sets the types that a rule demands, and returns what undoes that.
func (w *watcher) enter(s *scope) func() {
	before := w.types
	if named := s.types(s.rule.Body); len(named) > 0 {
		both := slices.DeleteFunc(slices.Clone(named), func(t string) bool { return before != nil && !slices.Contains(before, t) })
		if len(both) == 0 {
			both = named
		}
		slices.Sort(both)
		w.types = slices.Compact(both)
	}
	if ruleName(s.rule) == "deny" {
		w.results(s)
	}
	return func() { w.types = before }
}

// context tells apart the same rule under different demands.
func (w *watcher) context(key *strings.Builder) {
	if w != nil {
		fmt.Fprintf(key, "%q", w.types)
	}
}

// read judges an access. The first steps come from a variable and were judged
// where it was bound; the steps from there on are the terms after the first.
func (w *watcher) read(a access, from int, terms []*ast.Term) {
	if w == nil {
		return
	}
	a = a.plain()
	bad, at, ok := w.judge(a)
	if !ok && at < from && from > 0 {
		return // said where the variable was bound
	}
	place := diag.Place{}
	if i := at - from + 1; !ok && i < len(terms) {
		place = placeOf(terms[max(i, 0)].Location)
	}
	if place.File == "" {
		place = placeOf(terms[0].Location)
	}
	key := fmt.Sprint(place, a.key())
	old := w.sites[key]
	if old == nil {
		old = &site{at: place, bad: bad}
		w.sites[key] = old
	}
	old.ok = old.ok || ok
}

// judge says whether an access may lead somewhere, and else what is wrong with
// which step.
func (w *watcher) judge(a access) (diag.Diagnostic, int, bool) {
	fine := func() (diag.Diagnostic, int, bool) { return diag.Diagnostic{}, 0, true }
	name := func(i int) string {
		if i >= len(a) {
			return ""
		}
		s, _ := a[i].(string)
		return s
	}
	switch {
	case len(a) == 0:
	case name(0) == "resource" && name(1) == "":
	case name(0) == "resource" && (name(1) == "values" || name(1) == "before"):
		return w.values(w.types, a, 2)
	case name(0) == "resource":
		return member(a, 1)
	case name(0) == "related" && name(1) != "":
		t := name(1)
		if !w.knownType(t) {
			return w.unknownType(t), 1, false
		}
		switch {
		case name(2) != "":
			return undefined(a[:3], "input.related.%s is a list of resources.", t).
				WithHint("did you mean input.related.%s[_].%s?", t, name(2)), 2, false
		case name(3) == "values" || name(3) == "before":
			return w.values([]string{t}, a, 4)
		case name(3) != "":
			return member(a, 3)
		}
	case name(0) != "" && !slices.Contains(inputMembers, name(0)):
		return inputMember(name(0)), 0, false
	}
	return fine()
}

// values judges a path below the values of a resource of one of the types.
func (w *watcher) values(types []string, a access, start int) (diag.Diagnostic, int, bool) {
	err := w.paths(types, schemaPath(a[min(start, len(a)):]))
	if err == nil {
		return diag.Diagnostic{}, 0, true
	}
	return w.problem(types, err), start + len(err.Path) - 1, false
}

// paths returns the error of a path that leads nowhere in all of the types.
func (w *watcher) paths(types []string, path schema.Path) *schema.Error {
	var first *schema.Error
	for _, name := range types {
		t, ok := w.provider.Lookup(name)
		if !ok || w.policy.unchecked(name, path.String()) {
			return nil // of another provider, or said elsewhere
		}
		err, _ := t.Check(path).(*schema.Error) //nolint:errorlint // as documented
		if err == nil {
			return nil
		}
		if first == nil || first.Suggest == "" && err.Suggest != "" {
			first = err
		}
	}
	return first
}

func (w *watcher) problem(types []string, err *schema.Error) diag.Diagnostic {
	return SchemaProblem(w.provider, types, err)
}

// SchemaProblem says that an attribute is in none of the types.
func SchemaProblem(provider *schema.Provider, types []string, err *schema.Error) diag.Diagnostic {
	d := diag.Errorf("policy-schema", "%s", err.Problem)
	if others := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == err.Resource }); len(others) > 0 {
		d = d.WithDetail("The other types that are tested here do not have it either: %s.", strings.Join(others, ", "))
	}
	if err.Suggest != "" {
		d = d.WithHint("did you mean %s?", err.Suggest)
	}
	return d.WithHint("this is version %s of the provider; what a newer one has goes into custom.unchecked: [%q]",
		provider.Version, err.Resource+"."+err.Path.String())
}

func (w *watcher) knownType(t string) bool {
	if !w.provider.Knows(t) || w.policy.unchecked(t, "") {
		return true
	}
	_, ok := w.provider.Lookup(t)
	return ok
}

func (w *watcher) unknownType(t string) diag.Diagnostic { return UnknownType(w.provider, t) }

// UnknownType says that the provider has no such resource type.
func UnknownType(provider *schema.Provider, t string) diag.Diagnostic {
	d := diag.Errorf("policy-schema", "there is no resource type %s", t)
	if s := provider.Suggest(t); s != "" {
		d = d.WithHint("did you mean %s?", s)
	}
	return d.WithHint("this is version %s of the provider; what a newer one has goes into custom.unchecked: [%q]", provider.Version, t)
}

// results judges the attributes that the results of a rule name.
func (w *watcher) results(s *scope) {
	check := func(t *ast.Term) {
		b := s.resolve(t)
		if b == nil || len(b.places) > 0 {
			return
		}
		for _, c := range b.consts {
			text, ok := c.(ast.String)
			a, parsed := parseAccess(string(text))
			if !ok || !parsed {
				continue
			}
			if bad, _, ok := w.values(w.types, a, 0); !ok {
				w.found = append(w.found, bad.At(placeOf(t.Location)))
			}
		}
	}
	ast.WalkTerms(s.rule, func(t *ast.Term) bool {
		o, ok := t.Value.(ast.Object)
		if !ok || o.Get(ast.StringTerm("msg")) == nil {
			return false
		}
		if v := o.Get(ast.StringTerm("attribute")); v != nil {
			check(v)
		}
		if v := o.Get(ast.StringTerm("attributes")); v != nil {
			if list, ok := v.Value.(interface{ Foreach(func(*ast.Term)) }); ok {
				list.Foreach(check)
			}
		}
		return false
	})
}

// diagnostics returns what was found, in order.
func (w *watcher) diagnostics() diag.Diagnostics {
	ds := w.found
	for _, s := range w.sites {
		if !s.ok {
			ds = append(ds, s.bad.At(s.at))
		}
	}
	for _, m := range w.mistakes {
		if !w.compared[m.access] {
			ds = append(ds, m.bad)
		}
	}
	ds.Sort()
	return slices.CompactFunc(ds, sameProblem)
}

// unchecked reports whether the metadata takes a type, or an attribute of it,
// out of the check.
func (p *policy) unchecked(t, path string) bool { return Unchecked(p.Unchecked, t, path) }

// Unchecked reports whether a list of types and attributes holds a type, or
// what stands at or above an attribute of it.
func Unchecked(list []string, t, path string) bool {
	return slices.ContainsFunc(list, func(u string) bool {
		if u == t {
			return true
		}
		rest, ok := strings.CutPrefix(t+"."+path, u)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// checkSchema holds the policies to the provider's schema.
func checkSchema(c *ast.Compiler, load func() (*schema.Provider, error), list []*policy) diag.Diagnostics {
	provider, err := load()
	if err != nil {
		return diag.From("schema", err)
	}
	var ds diag.Diagnostics
	for _, p := range list {
		w := &watcher{
			provider: provider, policy: p,
			sites: map[string]*site{}, compared: map[string]bool{},
		}
		k := &walker{compiler: c, seen: map[string]bool{}, strong: map[string]access{}, weak: map[string]access{}, watch: w}
		for _, rule := range c.GetRulesExact(p.path.Append(ast.StringTerm("deny"))) {
			k.walk(rule, nil)
		}
		ds = append(ds, w.diagnostics()...)
	}
	return ds
}
