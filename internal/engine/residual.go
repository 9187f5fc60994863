package engine

import (
	"github.com/open-policy-agent/opa/v1/ast"
)

// truth is what is known of a condition.
type truth int

const (
	maybe truth = iota
	always
	never
)

func (t truth) not() truth {
	switch t {
	case always:
		return never
	case never:
		return always
	case maybe:
	}
	return maybe
}

// addBody reads one alternative of the partial answer: the result itself, or a
// reference to the deny rules that are left.
func (res *residual) addBody(b ast.Body) error {
	if x := boundTo(b); x != nil {
		return res.certain.add(x)
	}
	if ref := asked(b); len(ref) > 1 && ref[len(ref)-1].Equal(ast.NewTerm(result)) {
		return res.addRules(ref[:len(ref)-1])
	}
	res.open = true
	return nil
}

// addRules reads the deny rules that are left.
func (res *residual) addRules(deny ast.Ref) error {
	rules := res.rules(deny)
	// A reference that leads nowhere is not understood: never a pass.
	res.open = res.open || len(rules) == 0
	for _, r := range rules {
		t := res.body(r.Body, 0)
		switch {
		case t == never:
		case t == always && r.Head.Key != nil && r.Head.Key.IsGround() && !computed(r.Head.Key):
			if err := res.certain.add(r.Head.Key); err != nil {
				return err
			}
		default:
			res.open = true
		}
	}
	return nil
}

// rules returns the rules of the residual at a reference.
func (res *residual) rules(ref ast.Ref) []*ast.Rule {
	var list []*ast.Rule
	for _, m := range res.support {
		for _, r := range m.Rules {
			if m.Package.Path.Extend(r.Head.Ref().GroundPrefix()).Equal(ref) {
				list = append(list, r)
			}
		}
	}
	return list
}

// maxResidualDepth bounds how far rules of the residual are followed.
const maxResidualDepth = 32

// body decides a body of the residual where that takes no unknown value.
func (res *residual) body(b ast.Body, depth int) truth {
	if ref := asked(b); ref != nil {
		return res.rule(ref, depth)
	}
	all := always
	for _, e := range b {
		switch res.expr(e, depth) {
		case never:
			return never
		case maybe:
			all = maybe
		case always:
		}
	}
	return all
}

func (res *residual) expr(e *ast.Expr, depth int) truth {
	t, ok := e.Terms.(*ast.Term)
	if !ok || len(e.With) > 0 {
		return maybe
	}
	known := maybe
	switch v := t.Value.(type) {
	case ast.Boolean:
		known = never
		if v {
			known = always
		}
	case ast.Ref:
		known = res.rule(v, depth)
	}
	if e.Negated {
		return known.not()
	}
	return known
}

// rule decides a condition that is a rule of the residual. Only rules that
// give true and nothing else are followed.
func (res *residual) rule(ref ast.Ref, depth int) truth {
	rules := res.rules(ref)
	if depth > maxResidualDepth || len(rules) == 0 {
		return maybe
	}
	all := never
	for _, r := range rules {
		if r.Default || r.Else != nil || len(r.Head.Args) > 0 || r.Head.Key != nil ||
			r.Head.Value == nil || !r.Head.Value.Equal(ast.BooleanTerm(true)) {
			return maybe
		}
		switch res.body(r.Body, depth+1) {
		case always:
			all = always
		case maybe:
			if all == never {
				all = maybe
			}
		case never:
		}
	}
	return all
}

// asked returns the reference of a body that only asks for it, which partial
// evaluation writes as one term or as: reference = _; _.
func asked(b ast.Body) ast.Ref {
	if len(b) != 1 && len(b) != 2 || b[0].Negated || len(b[0].With) > 0 {
		return nil
	}
	if len(b) == 1 {
		if t, ok := b[0].Terms.(*ast.Term); ok {
			ref, _ := t.Value.(ast.Ref)
			return ref
		}
		return nil
	}
	holds, ok := b[1].Terms.(*ast.Term)
	if !ok || b[1].Negated || len(b[1].With) > 0 || !b[0].IsEquality() || len(b[0].Operands()) != 2 {
		return nil
	}
	if _, isVar := holds.Value.(ast.Var); !isVar || !b[0].Operand(1).Equal(holds) {
		return nil
	}
	ref, _ := b[0].Operand(0).Value.(ast.Ref)
	return ref
}

// boundTo returns the constant that a body binds the result to when the body
// says nothing else.
func boundTo(b ast.Body) *ast.Term {
	if len(b) != 1 || !b[0].IsEquality() || b[0].Negated || len(b[0].With) > 0 {
		return nil
	}
	x := ast.NewTerm(result)
	left, right := b[0].Operand(0), b[0].Operand(1)
	if right.Equal(x) {
		left, right = right, left
	}
	if !left.Equal(x) || !right.IsGround() || computed(right) {
		return nil
	}
	return right
}

// computed reports whether a term holds anything but plain values.
func computed(t *ast.Term) bool {
	found := false
	ast.WalkTerms(t, func(t *ast.Term) bool {
		switch t.Value.(type) {
		case ast.Ref, ast.Var, ast.Call, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
			found = true
		}
		return found
	})
	return found
}

// refsIn lists the references below input.
func refsIn(x any) []ast.Ref {
	var refs []ast.Ref
	ast.WalkRefs(x, func(r ast.Ref) bool {
		if r[0].Equal(ast.InputRootDocument) {
			refs = append(refs, r)
		}
		return false
	})
	return refs
}

// reads reports whether the residual shows that it reads the value at ref.
func (res *residual) reads(ref ast.Ref) bool {
	for _, r := range res.refs {
		same := true
		for i := 0; i < len(r) && i < len(ref) && same; i++ {
			same = r[i].Equal(ref[i]) || !r[i].IsGround()
		}
		if same {
			return true
		}
	}
	return false
}
