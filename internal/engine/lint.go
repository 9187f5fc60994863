package engine

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/schema"
)

// Lint returns warnings about policies that compile but do not do what their
// author means: messages that silence their own detection, metadata that
// reports lack. With a provider, entries of custom.unchecked that it has are
// named too.
func (e *Engine) Lint(provider *schema.Provider) diag.Diagnostics {
	e = e.awake()
	var ds diag.Diagnostics
	for _, p := range e.policies {
		at := diag.Place{File: p.File, Line: p.Line}
		for _, m := range []struct{ name, value string }{{"description", p.Description}, {"custom.remediation", p.Remediation}} {
			if m.value == "" {
				ds = append(ds, diag.Warningf("policy-metadata", "policy %s has no %s", p.ID, m.name).At(at))
			}
		}
		for _, rule := range p.deny {
			ds = append(ds, e.messages(rule, provider, p)...)
		}
		if provider != nil {
			ds = append(ds, p.needless(provider)...)
		}
	}
	ds.Sort()
	return slices.CompactFunc(ds, sameProblem)
}

// needless names what custom.unchecked takes out of the check for nothing.
func (p *policy) needless(provider *schema.Provider) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, u := range p.Unchecked {
		a, ok := parseAccess(u)
		if !ok {
			ds = append(ds, diag.Warningf("policy-metadata", "custom.unchecked: %q is no resource type and no attribute of one", u).
				At(diag.Place{File: p.File, Line: p.Line}))
			continue
		}
		name, _ := a[0].(string)
		if t, there := provider.Lookup(name); there && t.Check(schemaPath(a[1:])) == nil {
			ds = append(ds, diag.Warningf("policy-metadata", "custom.unchecked: version %s of the provider has %s", provider.Version, u).
				At(diag.Place{File: p.File, Line: p.Line}))
		}
	}
	return ds
}

// messages finds what a rule reads only for its message and what may be
// missing: then the rule gives nothing, and the violation is not seen.
func (e *Engine) messages(rule *ast.Rule, provider *schema.Provider, p *policy) diag.Diagnostics {
	w := &walker{compiler: e.compiler, seen: map[string]bool{}, strong: map[string]access{}, weak: map[string]access{}}
	s := &scope{walker: w, rule: rule, vars: map[ast.Var]*bound{}}
	for range maxAliasDepth {
		before := s.size()
		for _, x := range rule.Body {
			s.bind(x)
			s.bindSome(x)
		}
		if s.size() == before {
			break
		}
	}
	only := onlyForHead(rule)
	var sure []access // what the conditions demand to be there
	for i, x := range rule.Body {
		if !only[i] && !x.Negated {
			s.plainReads(x, func(a access, _ *ast.Term) { sure = append(sure, a) })
		}
	}
	types := s.types(rule.Body)
	var ds diag.Diagnostics
	judge := func(a access, t *ast.Term) {
		if len(a) < 3 || a[0] != "resource" || a[1] != "values" ||
			slices.ContainsFunc(sure, func(b access) bool { return b.hasPrefix(a) }) || alwaysThere(provider, types, a[2:]) {
			return
		}
		ds = append(ds, diag.Warningf("policy-message", "the message of %s reads %s, which may be missing", p.ID, a[2:]).At(placeOf(t.Location)).
			WithDetail("Then the rule gives nothing, and the violation is not seen.").
			WithHint("object.get gives a default"))
	}
	for i, x := range rule.Body {
		if only[i] {
			s.plainReads(x, judge)
		}
	}
	if rule.Head.Key != nil {
		s.plainReads(rule.Head.Key, judge)
	}
	return ds
}

// bindSome records what the variable of `some x in place` stands for. Parsed
// rules hold it as it was written.
func (s *scope) bindSome(e *ast.Expr) {
	decl, ok := e.Terms.(*ast.SomeDecl)
	if !ok || len(decl.Symbols) != 1 {
		return
	}
	call, ok := decl.Symbols[0].Value.(ast.Call)
	if !ok || len(call) < 3 {
		return
	}
	s.aliasTo(call[len(call)-2], s.elements(call[len(call)-1]))
}

// plainReads calls use with what a node reads wherever it is evaluated:
// comprehensions and the places that object.get looks at may be missing.
func (s *scope) plainReads(node any, use func(access, *ast.Term)) {
	vis := ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.Every:
			return true
		case ast.Call:
			return x[0].String() == "object.get"
		case *ast.Expr:
			return x.IsCall() && x.Operator().String() == "object.get"
		case *ast.Term:
			if _, ok := x.Value.(ast.Ref); ok {
				if b := s.resolve(x); b != nil {
					for _, a := range b.places {
						use(a.plain(), x)
					}
				}
			}
		}
		return false
	})
	vis.Walk(node)
}

// onlyForHead says which expressions of a rule only make its result: they
// assign a variable that nothing but the head and others of the kind use.
func onlyForHead(rule *ast.Rule) []bool {
	only := make([]bool, len(rule.Body))
	for changed := true; changed; {
		changed = false
		for i, x := range rule.Body {
			if only[i] || !x.IsAssignment() || x.Negated {
				continue
			}
			v, ok := x.Operand(0).Value.(ast.Var)
			if !ok || slices.ContainsFunc(usersOf(rule, v, i), func(j int) bool { return !only[j] }) {
				continue
			}
			only[i], changed = true, true
		}
	}
	return only
}

// usersOf returns the expressions that use a variable, besides one.
func usersOf(rule *ast.Rule, v ast.Var, besides int) []int {
	var list []int
	for j, x := range rule.Body {
		uses := false
		ast.WalkVars(x, func(o ast.Var) bool { uses = uses || o == v; return uses })
		if uses && j != besides {
			list = append(list, j)
		}
	}
	return list
}

// alwaysThere reports whether every type demands an attribute that stands at
// its top.
func alwaysThere(provider *schema.Provider, types []string, a access) bool {
	if provider == nil || len(types) == 0 || len(a) != 1 {
		return false
	}
	for _, name := range types {
		t, ok := provider.Lookup(name)
		if !ok {
			return false
		}
		if at, err := t.Attribute(schemaPath(a)); err != nil || !at.Required || at.Block {
			return false
		}
	}
	return true
}
