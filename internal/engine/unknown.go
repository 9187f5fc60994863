package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// unknownPath is a value that is known only after apply and that a policy may
// read.
type unknownPath struct {
	ref  ast.Ref // input.resource.values.…
	name string  // as findings show it
	own  bool    // of the resource itself, not of a related one
}

// unknowns returns the unknown values that the policy may read of a resource
// and of those that it is related to, sorted.
func (p *policy) unknowns(r *resource.Resource, related []*resource.Resource) []unknownPath {
	var list []unknownPath
	if resource.AnyMark(r.Unknown) {
		prefix := ast.MustParseRef("input.resource.values")
		p.ownReads(func(a access) {
			a.marks(r.Unknown, nil, func(path resource.Path) {
				list = append(list, unknownPath{ref: refOf(prefix, path), name: path.String(), own: true})
			})
		})
	}
	index := map[string]int{}
	for _, o := range related {
		i := index[o.Type]
		index[o.Type]++
		if !resource.AnyMark(o.Unknown) {
			continue
		}
		prefix := refOf(ast.MustParseRef("input.related"), resource.Path{o.Type, i, "values"})
		p.relatedReads(o.Type, func(a access) {
			a.marks(o.Unknown, nil, func(path resource.Path) {
				list = append(list, unknownPath{ref: refOf(prefix, path), name: strings.TrimSuffix(o.Address+"."+path.String(), ".")})
			})
		})
	}
	slices.SortFunc(list, func(a, b unknownPath) int { return cmp.Or(cmp.Compare(a.name, b.name), a.ref.Compare(b.ref)) })
	return slices.CompactFunc(list, func(a, b unknownPath) bool { return a.ref.Equal(b.ref) })
}

func (p *policy) ownReads(use func(access)) {
	if p.reads.whole {
		use(nil)
		return
	}
	for _, a := range p.reads.values {
		use(a)
	}
}

func (p *policy) relatedReads(t string, use func(access)) {
	if p.reads.relWhole["*"] || p.reads.relWhole[t] {
		use(nil)
		return
	}
	for _, a := range p.reads.related[t] {
		use(a)
	}
}

func refOf(prefix ast.Ref, path resource.Path) ast.Ref {
	ref := slices.Clip(prefix)
	for _, step := range path {
		switch s := step.(type) {
		case string:
			ref = append(ref, ast.StringTerm(s))
		case int:
			ref = append(ref, ast.IntNumberTerm(s))
		}
	}
	return ref
}

// checkPartly evaluates a policy whose unknown values are left open. Shallow
// inlining keeps apart what default inlining confuses: a value that is missing
// and one that is false. The answer is
//
//   - nothing, when no residual is left: it passes whatever the values turn
//     out to be, even absent;
//   - a violation, when a result stands under no condition;
//   - unknown otherwise, with the values that the residual reads.
func (w *worker) checkPartly(ctx context.Context, p *policy, r *resource.Resource, related []*resource.Resource, input *ast.Term, open []unknownPath) (finding.Finding, bool) {
	res, err := w.residual(ctx, p, input, open)
	switch {
	case err != nil:
		return w.failed(p, r, err), true
	case len(res.certain.messages) > 0:
		return w.violation(p, r, related, res.certain), true
	case !res.open:
		return finding.Finding{}, false
	}
	f := p.finding(r, finding.Unknown)
	for _, u := range open {
		if res.reads(u.ref) {
			f.DependsOn = append(f.DependsOn, u.name)
			if u.own {
				f.Attributes = append(f.Attributes, u.name)
			}
		}
	}
	f.Message = "depends on " + strings.Join(f.DependsOn, ", ") + ", known only after apply"
	return f, true
}

// residual is what is left of a policy when some values are unknown.
type residual struct {
	certain verdict // results that need no condition
	open    bool    // some result stands under a condition
	refs    []ast.Ref
}

func (w *worker) residual(ctx context.Context, p *policy, input *ast.Term, open []unknownPath) (residual, error) {
	cancel, release := w.guard(ctx)
	defer release()
	terms := make([]*ast.Term, len(open))
	for i, u := range open {
		terms[i] = ast.NewTerm(u.ref)
	}
	bodies, support, err := w.query(p.denyOne, input, cancel).
		WithUnknowns(terms).
		WithShallowInlining(true).
		PartialRun(ctx)
	if err != nil {
		return residual{}, w.explain(ctx, err)
	}
	res := residual{}
	for _, b := range bodies {
		res.refs = append(res.refs, refsIn(b)...)
		if err := res.addBody(b, support); err != nil {
			return residual{}, fmt.Errorf("%s:%d: %w", p.File, p.Line, err)
		}
	}
	for _, m := range support {
		for _, r := range m.Rules {
			res.refs = append(res.refs, refsIn(r)...)
		}
	}
	res.certain.sort()
	return res, nil
}

// addBody reads one alternative of the partial answer.
func (res *residual) addBody(b ast.Body, support []*ast.Module) error {
	if x := boundTo(b); x != nil {
		return res.certain.add(x)
	}
	// deny itself was kept as a rule of the residual: look at its bodies.
	if len(b) == 1 {
		if t, ok := b[0].Terms.(*ast.Term); ok && !b[0].Negated {
			if ref, ok := t.Value.(ast.Ref); ok {
				return res.addRules(ref, support)
			}
		}
	}
	res.open = true
	return nil
}

func (res *residual) addRules(ref ast.Ref, support []*ast.Module) error {
	found := false
	for _, m := range support {
		for _, r := range m.Rules {
			if r.Head.Key == nil || !ref.HasPrefix(m.Package.Path.Extend(r.Head.Ref())) {
				continue
			}
			found = true
			if !unconditional(r) {
				res.open = true
				continue
			}
			if err := res.certain.add(r.Head.Key); err != nil {
				return err
			}
		}
	}
	// A reference that leads nowhere is not understood: never a pass.
	res.open = res.open || !found
	return nil
}

// unconditional reports whether a rule of the residual always gives its key.
func unconditional(r *ast.Rule) bool {
	return r.Head.Key.IsGround() && !hasRefs(r.Head.Key) && len(r.Body) == 1 &&
		!r.Body[0].Negated && r.Body[0].Terms != nil && isTrue(r.Body[0])
}

func isTrue(e *ast.Expr) bool {
	t, ok := e.Terms.(*ast.Term)
	return ok && t.Equal(ast.BooleanTerm(true))
}

// boundTo returns the constant that a body binds the result to when the body
// says nothing else.
func boundTo(b ast.Body) *ast.Term {
	var x *ast.Term
	for _, e := range b {
		if isTrue(e) && !e.Negated {
			continue
		}
		if !e.IsEquality() || e.Negated || len(e.With) > 0 {
			return nil
		}
		ops := e.Operands()
		if len(ops) != 2 || x != nil {
			return nil
		}
		switch {
		case ops[0].Equal(ast.NewTerm(result)):
			x = ops[1]
		case ops[1].Equal(ast.NewTerm(result)):
			x = ops[0]
		}
		if x == nil || !x.IsGround() || hasRefs(x) {
			return nil
		}
	}
	return x
}

func hasRefs(t *ast.Term) bool {
	found := false
	ast.WalkTerms(t, func(t *ast.Term) bool {
		switch t.Value.(type) {
		case ast.Ref, ast.Call, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
			found = true
		}
		return found
	})
	return found
}

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

// reads reports whether the residual may read the value at ref.
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
