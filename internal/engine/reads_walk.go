package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// body walks the expressions of a body.
func (s *scope) body(b ast.Body) {
	for _, e := range b {
		s.expr(e)
	}
}

func (s *scope) expr(e *ast.Expr) {
	for _, w := range e.With {
		s.term(w.Value, false)
	}
	switch t := e.Terms.(type) {
	case *ast.Term:
		s.term(t, false)
	case []*ast.Term:
		if s.watch != nil {
			s.watch.comparison(s, e)
		}
		if e.IsEquality() || e.IsAssignment() {
			s.equality(t[1:])
			return
		}
		s.call(t)
	case *ast.SomeDecl:
		for _, sym := range t.Symbols {
			s.term(sym, false)
		}
	case *ast.Every:
		s.term(t.Domain, false)
		s.body(t.Body)
	case *ast.Not:
		s.body(t.Body)
	case *ast.LogicalOr:
		s.body(t.Lhs)
		s.body(t.Rhs)
	case *ast.LogicalAnd:
		s.body(t.Lhs)
		s.body(t.Rhs)
	}
}

// equality walks both sides; a place that only gets a name is weak.
func (s *scope) equality(sides []*ast.Term) {
	for i, side := range sides {
		other := sides[(i+1)%len(sides)]
		if v, ok := side.Value.(ast.Var); ok && s.vars[v] != nil {
			if s.resolve(other) != nil && !s.sameVar(other) {
				continue // the side that gets the name
			}
		}
		_, named := other.Value.(ast.Var)
		s.term(side, named)
	}
}

func (s *scope) sameVar(t *ast.Term) bool {
	_, ok := t.Value.(ast.Var)
	return ok
}

// call walks a call: operator and operands.
func (s *scope) call(t []*ast.Term) {
	op, ok := t[0].Value.(ast.Ref)
	if !ok {
		return
	}
	args := t[1:]
	if op[0].Equal(ast.DefaultRootDocument) {
		bounds := make([]*bound, len(args))
		for i, a := range args {
			bounds[i] = s.resolve(a)
			s.term(a, true)
		}
		s.visit(op, bounds)
		return
	}
	switch op.String() {
	case "object.get":
		if s.objectGet(args) {
			return
		}
	case "internal.member_2", "internal.member_3":
		for _, a := range args {
			s.term(a, false)
		}
		return
	}
	for _, a := range args {
		s.term(a, false)
	}
}

// objectGet reads object.get(place, constant key or path, default) as a read of
// the place below. It reports false when the call is not of that kind.
func (s *scope) objectGet(args []*ast.Term) bool {
	if len(args) < 3 {
		return false
	}
	base, key := s.resolve(args[0]), s.resolve(args[1])
	if base == nil || len(base.places) == 0 || key == nil || len(key.consts) == 0 {
		return false
	}
	for _, c := range key.consts {
		var steps []any
		if path, ok := c.(*ast.Array); ok {
			for i := range path.Len() {
				steps = append(steps, s.steps(path.Elem(i))...)
			}
		} else {
			steps = s.steps(ast.NewTerm(c))
		}
		for _, a := range base.places {
			s.note(a.extend(steps...), false)
			s.watch.read(a.extend(steps...), len(a), []*ast.Term{args[0], args[1]})
		}
	}
	for _, a := range args[2:] {
		s.term(a, false)
	}
	return true
}

// term notes what a term reads. Weak terms only name a place.
func (s *scope) term(t *ast.Term, weak bool) {
	if t == nil {
		return
	}
	switch v := t.Value.(type) {
	case ast.Var:
		if b := s.resolve(t); b != nil {
			for _, a := range b.places {
				s.note(a, weak)
			}
		}
	case ast.Ref:
		for _, a := range s.places(v) {
			s.note(a, weak)
			s.watch.read(a, len(a)-len(v)+1, v)
		}
		for _, step := range v[1:] {
			if _, plain := step.Value.(ast.Var); !plain {
				s.term(step, false)
			} else if b := s.resolve(step); b != nil {
				s.term(step, false)
			}
		}
		if v[0].Equal(ast.DefaultRootDocument) {
			s.visit(v, nil)
		}
	case ast.Call:
		s.call(v)
	case *ast.ArrayComprehension:
		s.term(v.Term, false)
		s.body(v.Body)
	case *ast.SetComprehension:
		s.term(v.Term, false)
		s.body(v.Body)
	case *ast.ObjectComprehension:
		s.term(v.Key, false)
		s.term(v.Value, false)
		s.body(v.Body)
	case *ast.Array:
		v.Foreach(func(e *ast.Term) { s.term(e, false) })
	case ast.Set:
		v.Foreach(func(e *ast.Term) { s.term(e, false) })
	case ast.Object:
		v.Foreach(func(k, e *ast.Term) { s.term(k, false); s.term(e, false) })
	case *ast.TemplateString:
		for _, part := range v.Parts {
			switch p := part.(type) {
			case *ast.Term:
				s.term(p, false)
			case *ast.Expr:
				s.expr(p)
			}
		}
	}
}

func (s *scope) note(a access, weak bool) {
	if weak {
		s.weak[a.key()] = a
		return
	}
	s.strong[a.key()] = a
}

// visit walks the rules that a reference may lead to, once per meaning of the
// arguments.
func (s *scope) visit(ref ast.Ref, args []*bound) {
	for _, r := range s.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
		var key strings.Builder
		fmt.Fprintf(&key, "%p", r)
		for _, b := range args {
			if b != nil {
				fmt.Fprintf(&key, "|%q %v", b.places, b.consts)
			}
			key.WriteByte('|')
		}
		s.watch.context(&key)
		if s.seen[key.String()] {
			continue
		}
		s.seen[key.String()] = true
		s.walk(r, args)
	}
}

// types returns the resource types that a rule's body demands, or nothing when
// it demands none.
func (s *scope) types(body ast.Body) []string {
	for _, e := range body {
		if e.Negated || len(e.With) > 0 || !e.IsCall() {
			continue
		}
		ops := e.Operands()
		if len(ops) != 2 {
			continue
		}
		switch op := e.Operator().String(); {
		case e.IsEquality() || op == "equal":
			for i, side := range ops {
				if s.isType(side) {
					if t := s.typeNames(ops[1-i], false); len(t) > 0 {
						return t
					}
				}
			}
		case op == "internal.member_2" && s.isType(ops[0]):
			if t := s.typeNames(ops[1], true); len(t) > 0 {
				return t
			}
		}
	}
	return nil
}

func (s *scope) isType(t *ast.Term) bool {
	b := s.resolve(t)
	return b != nil && len(b.consts) == 0 && len(b.places) == 1 &&
		slices.Equal(b.places[0], access{"resource", "type"})
}

// typeNames returns the constant strings that a term is, or holds.
func (s *scope) typeNames(t *ast.Term, members bool) []string {
	b := s.resolve(t)
	if b == nil || len(b.places) > 0 {
		return nil
	}
	var out []string
	add := func(v ast.Value) bool {
		name, ok := v.(ast.String)
		out = append(out, string(name))
		return ok
	}
	for _, c := range b.consts {
		ok := true
		switch c := c.(type) {
		case ast.Set:
			c.Foreach(func(e *ast.Term) { ok = members && add(e.Value) && ok })
		case *ast.Array:
			c.Foreach(func(e *ast.Term) { ok = members && add(e.Value) && ok })
		default:
			ok = !members && add(c)
		}
		if !ok {
			return nil
		}
	}
	return out
}
