package document

import (
	"maps"

	"github.com/open-policy-agent/opa/v1/ast"
)

// scope is the body of a rule while it is walked. Bodies are walked in the
// order in which they are evaluated, so that the first place that names a
// variable is where it gets its value.
type scope struct {
	*analysis
	rule     *ast.Rule
	bound    map[ast.Var]bool
	iterates bool // the body may hold in more than one way
}

// rule walks a rule, once a round, and returns what it may give.
func (a *analysis) rule(r *ast.Rule) *value {
	out := a.results[r]
	if out == nil {
		out = &value{}
		a.results[r] = out
	}
	if a.visited[r] {
		return out
	}
	a.visited[r] = true
	if a.vars[r] == nil {
		a.vars[r] = map[ast.Var]*value{}
	}
	s := &scope{analysis: a, rule: r, bound: map[ast.Var]bool{}}
	for _, arg := range r.Head.Args {
		s.bindAll(arg)
	}
	s.body(r.Body)
	result := s.head(r)
	if r.Else != nil {
		result = a.union(result, a.rule(r.Else))
	}
	a.merge(out, result)
	return out
}

// head returns what the head of a rule gives when its body holds.
func (s *scope) head(r *ast.Rule) *value {
	ref := r.Ref()
	ground := ref.GroundPrefix()
	for _, key := range ref[len(ground):] {
		s.escape(s.value(key))
	}
	if r.Head.Key != nil {
		key := s.value(r.Head.Key)
		s.escape(key) // an element of a set or the name of a member
		if r.Head.RuleKind() == ast.MultiValue {
			return nest(key, len(ref)-len(ground)+1)
		}
	}
	if r.Head.Value == nil {
		return nil
	}
	v := s.value(r.Head.Value)
	// That a rule has one value only is checked by comparing what it gives.
	if s.iterates || len(ref) > len(ground) || len(r.Head.Args) > 0 && s.composite(r) || s.others(r) {
		s.escape(v)
	}
	return nest(v, len(ref)-len(ground))
}

// composite reports whether an argument of a function is a pattern, which may
// match in one of several definitions.
func (s *scope) composite(r *ast.Rule) bool {
	for _, arg := range r.Head.Args {
		if _, ok := arg.Value.(ast.Var); !ok {
			return true
		}
	}
	return false
}

// others reports whether the value of a rule has several definitions.
func (s *scope) others(r *ast.Rule) bool {
	n := 0
	for _, other := range s.compiler.GetRulesWithPrefix(r.Ref().GroundPrefix()) {
		if !other.Default {
			n++
		}
	}
	return n > 1
}

// nest puts a value into collections.
func nest(v *value, levels int) *value {
	for range levels {
		v = &value{elems: v}
	}
	return v
}

func (s *scope) variable(v ast.Var) *value {
	vars := s.vars[s.rule]
	if vars[v] == nil {
		vars[v] = &value{}
	}
	return vars[v]
}

// bindAll says that the variables of a pattern have values.
func (s *scope) bindAll(t *ast.Term) {
	ast.WalkVars(t, func(v ast.Var) bool { s.bound[v] = true; return false })
}

func (s *scope) unbound(t *ast.Term) (ast.Var, bool) {
	v, ok := t.Value.(ast.Var)
	return v, ok && !s.bound[v]
}

// openIn reports whether a term has a variable without a value.
func (s *scope) openIn(t *ast.Term) bool {
	open := false
	ast.WalkVars(t, func(v ast.Var) bool {
		open = open || !s.bound[v] && !v.Equal(ast.InputRootDocument.Value) && !v.Equal(ast.DefaultRootDocument.Value)
		return open
	})
	return open
}

func (s *scope) body(b ast.Body) {
	for _, e := range b {
		s.expr(e)
	}
}

// closure walks something that has variables of its own. What it binds and how
// often it holds stays inside.
func (s *scope) closure(f func()) {
	bound, iterates := s.bound, s.iterates
	s.bound = maps.Clone(bound)
	f()
	s.bound, s.iterates = bound, iterates
}

func (s *scope) expr(e *ast.Expr) {
	for _, w := range e.With {
		s.escape(s.value(w.Value))
		if ref, ok := w.Target.Value.(ast.Ref); !ok || !ref[0].Equal(ast.InputRootDocument) && !s.isDocument(ref) {
			s.whole = true // a function that stands in for another
		}
	}
	switch t := e.Terms.(type) {
	case *ast.Term:
		s.value(t)
	case []*ast.Term:
		if e.Negated {
			s.closure(func() { s.call(t) })
			return
		}
		s.call(t)
	case *ast.SomeDecl: // the compiler has written out what it means
	case *ast.Every:
		s.closure(func() {
			domain := s.inside(s.value(t.Domain), "", t.Domain.Location)
			if t.Key != nil {
				s.bindAll(t.Key)
			}
			s.bindAll(t.Value)
			if v, ok := t.Value.Value.(ast.Var); ok {
				s.merge(s.variable(v), domain)
			} else {
				s.whole = true
			}
			s.body(t.Body)
		})
	default:
		s.whole = true // a form that is new
	}
}

// isDocument reports whether a reference below data is to values, not to a
// function.
func (s *scope) isDocument(ref ast.Ref) bool {
	if !ref[0].Equal(ast.DefaultRootDocument) {
		return false
	}
	for _, r := range s.compiler.GetRules(ref) {
		if len(r.Head.Args) > 0 {
			return false
		}
	}
	return true
}

// value returns what a term may be.
func (s *scope) value(t *ast.Term) *value {
	switch v := t.Value.(type) {
	case ast.Null, ast.Boolean, ast.Number, ast.String:
		return nil
	case ast.Var:
		switch {
		case v.Equal(ast.InputRootDocument.Value):
			return &value{nodes: map[*node]bool{s.root: true}}
		case v.Equal(ast.DefaultRootDocument.Value):
			return s.ref(ast.Ref{t})
		}
		return s.variable(v)
	case ast.Ref:
		return s.ref(v)
	case *ast.Array:
		out := &value{}
		v.Foreach(func(e *ast.Term) { out = s.union(out, nest(s.value(e), 1)) })
		return out
	case ast.Set:
		v.Foreach(func(e *ast.Term) { s.escape(s.value(e)) })
		return nil
	case ast.Object:
		out := &value{}
		v.Foreach(func(key, e *ast.Term) {
			s.escape(s.value(key))
			out = s.union(out, nest(s.value(e), 1))
		})
		return out
	case *ast.ArrayComprehension:
		var out *value
		s.closure(func() {
			s.body(v.Body)
			out = nest(s.value(v.Term), 1)
		})
		return out
	case *ast.SetComprehension:
		s.closure(func() {
			s.body(v.Body)
			s.escape(s.value(v.Term))
		})
		return nil
	case *ast.ObjectComprehension:
		// That a member has one value only is checked by comparing.
		s.closure(func() {
			s.body(v.Body)
			s.escape(s.value(v.Key))
			s.escape(s.value(v.Value))
		})
		return nil
	case ast.Call:
		return s.apply(v)
	}
	s.whole = true // a form that is new
	return nil
}

// ref returns what a reference may be.
func (s *scope) ref(ref ast.Ref) *value {
	if ref[0].Equal(ast.DefaultRootDocument) {
		return s.data(ref)
	}
	v := s.value(ref[0])
	for i, key := range ref[1:] {
		if key.Location == nil || key.Location.File == "" { // the compiler made it
			key = &ast.Term{Value: key.Value, Location: ref[i].Location}
		}
		v = s.step(v, key)
	}
	return v
}

// step returns what stands below a value.
func (s *scope) step(v *value, key *ast.Term) *value {
	if name, ok := key.Value.(ast.String); ok && name != "" {
		return s.inside(v, string(name), key.Location)
	}
	below := s.inside(v, "", key.Location)
	if s.openIn(key) {
		s.iterates = true
		if k, ok := s.unbound(key); ok {
			s.bound[k] = true
			if v != nil && v.elems != nil { // of a set, the element itself
				s.merge(s.variable(k), v.elems)
			}
			return below
		}
		s.escape(v) // a pattern
	}
	s.escape(s.value(key))
	s.bindAll(key)
	return below
}

// data returns what a reference to a rule may be. Other data is no part of the
// input.
func (s *scope) data(ref ast.Ref) *value {
	out := &value{}
	for _, r := range s.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
		if len(r.Head.Args) > 0 {
			continue
		}
		given := s.analysis.rule(r)
		depth := len(r.Ref().GroundPrefix())
		if depth > len(ref) {
			s.escape(given) // with what stands beside it
			continue
		}
		v := given
		for _, key := range ref[depth:] {
			v = s.step(v, key)
		}
		out = s.union(out, v)
	}
	for _, key := range ref[1:] {
		s.step(nil, key)
	}
	return out
}
