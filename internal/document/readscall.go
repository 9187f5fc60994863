package document

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// call walks an expression that is a call. After compiling, what a call gives
// is one more operand.
func (s *scope) call(terms []*ast.Term) {
	op, args := terms[0], terms[1:]
	ref, ok := op.Value.(ast.Ref)
	if !ok {
		s.whole = true
		return
	}
	if ref.Equal(ast.Equality.Ref()) && len(args) == 2 {
		s.unify(args[0], args[1])
		return
	}
	n := s.arity(ref)
	if n < 0 || n > len(args) {
		s.whole = true
		return
	}
	out := s.given(ref, args[:n], op.Location)
	if len(args) > n {
		s.match(args[n], out)
	}
}

// apply is a call within a term.
func (s *scope) apply(call ast.Call) *value {
	ref, ok := call[0].Value.(ast.Ref)
	if !ok || s.arity(ref) != len(call)-1 {
		s.whole = true
		return nil
	}
	return s.given(ref, call[1:], call[0].Location)
}

// arity is the number of arguments of a function; negative when there is none.
func (s *scope) arity(ref ast.Ref) int {
	if ref[0].Equal(ast.DefaultRootDocument) {
		for _, r := range s.compiler.GetRulesExact(ref) {
			return len(r.Head.Args)
		}
		return -1
	}
	if b := ast.BuiltinMap[ref.String()]; b != nil {
		return b.Decl.Arity()
	}
	return -1
}

// given returns what a function gives for arguments.
func (s *scope) given(ref ast.Ref, args []*ast.Term, at *ast.Location) *value {
	if ref[0].Equal(ast.DefaultRootDocument) {
		return s.function(ref, args)
	}
	values := make([]*value, len(args))
	for i, arg := range args {
		values[i] = s.value(arg)
	}
	switch ref.String() {
	case "equal", "neq", "lt", "lte", "gt", "gte":
		s.compare(args[0], values[0], args[1], values[1])
		return nil
	case "internal.member_2", "internal.member_3":
		last := len(args) - 1
		elements := s.inside(values[last], "", at)
		if !s.flatElements(args[last]) {
			s.compare(args[last-1], values[last-1], nil, elements)
		}
		return nil
	case "count", "object.keys":
		s.shape(values[0], at)
		return nil
	case "object.get":
		return s.union(s.below(values[0], args[1]), values[2])
	case "array.concat":
		s.shape(values[0], at)
		s.shape(values[1], at)
		return s.union(values...)
	case "walk":
		s.iterates = true
	case "type_name", "is_array", "is_object", "is_string", "is_number", "is_boolean", "is_null", "is_set":
		return nil
	}
	decl := ast.BuiltinMap[ref.String()].Decl
	for i, v := range values {
		if !scalar(decl.FuncArgs().Arg(i)) {
			s.escape(v)
		}
	}
	return nil
}

// scalar reports whether an operand can only be a scalar, so that a builtin
// fails alike for every array and object.
func scalar(t types.Type) bool {
	switch t := t.(type) {
	case types.Null, types.Boolean, types.Number, types.String:
		return true
	case types.Any:
		for _, e := range t {
			if !scalar(e) {
				return false
			}
		}
		return len(t) > 0
	}
	return false
}

// below returns what object.get finds: at one key, or along a path of keys.
func (s *scope) below(v *value, key *ast.Term) *value {
	path, ok := key.Value.(*ast.Array)
	if !ok {
		if _, constant := key.Value.(ast.String); !constant && !ast.IsScalar(key.Value) {
			s.escape(v) // the key may be a path
		}
		return s.step(v, key)
	}
	for i := range path.Len() {
		v = s.step(v, path.Elem(i))
	}
	return v
}

// function walks the definitions of a function with the arguments of a call.
func (s *scope) function(ref ast.Ref, args []*ast.Term) *value {
	values := make([]*value, len(args))
	for i, arg := range args {
		values[i] = s.value(arg)
	}
	out := &value{}
	for _, r := range s.compiler.GetRulesExact(ref) {
		for ; r != nil; r = r.Else {
			if s.vars[r] == nil {
				s.vars[r] = map[ast.Var]*value{}
			}
			callee := &scope{analysis: s.analysis, rule: r, bound: map[ast.Var]bool{}}
			for i, param := range r.Head.Args {
				if i < len(values) {
					callee.match(param, values[i])
				}
			}
			out = s.union(out, s.analysis.rule(r))
		}
	}
	return out
}

// unify walks x = y, which gives names to values or compares them.
func (s *scope) unify(x, y *ast.Term) {
	switch xOpen, yOpen := s.openIn(x), s.openIn(y); {
	case xOpen && pattern(x):
		if yOpen && pattern(y) {
			s.whole = true // neither side comes first
			return
		}
		s.match(x, s.value(y))
	case yOpen && pattern(y):
		s.match(y, s.value(x))
	default:
		s.compare(x, s.value(x), y, s.value(y))
	}
}

// pattern reports whether a term is a variable or is built of some.
func pattern(t *ast.Term) bool {
	switch t.Value.(type) {
	case ast.Var, *ast.Array, ast.Object:
		return true
	}
	return false
}

// match gives the variables of a pattern what they match of a value.
func (s *scope) match(t *ast.Term, v *value) {
	switch p := t.Value.(type) {
	case ast.Var:
		if s.bound[p] {
			s.escape(v)
			s.escape(s.variable(p))
			return
		}
		s.bound[p] = true
		s.merge(s.variable(p), v)
	case *ast.Array:
		s.shape(v, t.Location)
		p.Foreach(func(e *ast.Term) { s.match(e, s.inside(v, "", e.Location)) })
	case ast.Object:
		s.shape(v, t.Location)
		p.Foreach(func(key, e *ast.Term) {
			name, ok := key.Value.(ast.String)
			if !ok {
				s.escape(v)
				s.escape(s.value(key))
			}
			s.match(e, s.inside(v, string(name), e.Location))
		})
	default:
		s.compare(t, s.value(t), nil, v)
	}
}

// compare says what a comparison needs of both sides. A side that is a scalar
// differs from every array and object, so that nothing of these is needed.
func (s *scope) compare(x *ast.Term, xv *value, y *ast.Term, yv *value) {
	if flat(x) || flat(y) {
		return
	}
	s.escape(xv)
	s.escape(yv)
}

// flatElements reports whether a term is a collection of scalars that stands in
// the policy.
func (s *scope) flatElements(t *ast.Term) bool {
	all := true
	check := func(e *ast.Term) { all = all && flat(e) }
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(check)
	case ast.Set:
		v.Foreach(check)
	default:
		return false
	}
	return all
}

// flat reports whether a term is a scalar.
func flat(t *ast.Term) bool { return t != nil && ast.IsScalar(t.Value) }
