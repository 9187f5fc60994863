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

// unknownPath is a value that is not known and that a policy may read.
type unknownPath struct {
	ref  ast.Ref // what partial evaluation leaves open: the value, or more
	name string  // as findings show it
	own  bool    // of the resource itself, not of a related one
	why  string  // what makes it unknown: afterApply, notCollected or of a scope

	// unset says that the configuration does not set the value, and inside that
	// the policy reads below it.
	unset, inside bool
}

// unknowns returns the unknown values that the policy may read of a resource
// and of those that it is related to, sorted. Hidden is where there may be
// related resources that were not read.
func (p *policy) unknowns(r *resource.Resource, related []*resource.Resource, hidden []resource.Scope) []unknownPath {
	var list []unknownPath
	add := func(prefix resource.Path, name string, own bool, why string) func(resource.Path) {
		return func(path resource.Path) {
			full := slices.Concat(prefix, path)
			list = append(list, unknownPath{
				ref:    refOf(full[:p.open(full)]),
				name:   strings.Trim(name+"."+path.String(), "."),
				own:    own,
				why:    why,
				unset:  own && resource.Marked(r.Unset, path),
				inside: own && p.readsInside(path),
			})
		}
	}
	values := resource.Path{"resource", "values"}
	if resource.AnyMark(r.Unknown) {
		p.ownReads(func(a access) { a.marks(r.Unknown, nil, add(values, "", true, afterApply)) })
	}
	if r.Filled != nil {
		filled := filledOf(r)
		p.ownReads(func(a access) {
			if !p.nowhere(r.Type, a) {
				a.unfilled(filled, r.Values, nil, add(values, "", true, notCollected))
			}
		})
	}
	index := map[string]int{}
	for _, o := range related {
		i := index[o.Type]
		index[o.Type]++
		prefix := resource.Path{"related", o.Type, i, "values"}
		if resource.AnyMark(o.Unknown) {
			p.relatedReads(o.Type, func(a access) { a.marks(o.Unknown, nil, add(prefix, o.Address, false, afterApply)) })
		}
		if o.Filled != nil {
			filled := filledOf(o)
			p.relatedReads(o.Type, func(a access) {
				if !p.nowhere(o.Type, a) {
					a.unfilled(filled, o.Values, nil, add(prefix, o.Address, false, notCollected))
				}
			})
		}
	}
	list = append(list, p.hidden(hidden)...)
	slices.SortFunc(list, func(a, b unknownPath) int { return cmp.Or(cmp.Compare(a.name, b.name), a.ref.Compare(b.ref)) })
	return slices.CompactFunc(list, func(a, b unknownPath) bool { return a.name == b.name && a.ref.Equal(b.ref) })
}

// readsInside reports whether the policy reads something below a path.
func (p *policy) readsInside(path resource.Path) bool {
	inside := false
	p.ownReads(func(a access) { inside = inside || a == nil || len(a) > len(path) && a.meets(path) })
	return inside
}

// silent sorts out the unknown values that the configuration does not set.
//
// A plan calls such a value unknown because the provider or AWS will choose it.
// A gate asks what the code asks for, as a configuration directory would, and so
// takes an argument that is not set for absent. A block that is not set may also
// be a dynamic one whose elements are not known, which plans do not tell apart:
// it counts as absent only where that is a violation, and otherwise stays
// unknown.
func silent(all []unknownPath) (open, perhaps []unknownPath) {
	for _, u := range all {
		switch {
		case !u.unset:
			open = append(open, u)
		case u.inside:
			perhaps = append(perhaps, u)
		}
	}
	return open, perhaps
}

// open returns how much of the path of an unknown value must be left open.
//
// Partial evaluation binds a variable that iterates over a list to the known
// element, and forgets that something below it is unknown: measured with OPA
// 1.22, and wrong for us, since the element would count as lacking it. What is
// unknown at the very step that the variable takes is handled well. So a path
// is cut after the first step that the policy takes by a variable.
func (p *policy) open(path resource.Path) int {
	n := len(path)
	for _, a := range p.reads.dynamic {
		if a.meets(path) {
			n = min(n, a.dynamic()+1)
		}
	}
	return n
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

// refOf returns the reference to a path below input.
func refOf(path resource.Path) ast.Ref {
	ref := ast.Ref{ast.InputRootDocument}
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
	again := func(input *ast.Term) (verdict, error) {
		res, err := w.residual(ctx, p, input, open)
		return res.certain, err
	}
	res, err := w.residual(ctx, p, input, open)
	switch {
	case err != nil:
		return w.failed(p, r, related, err, again), true
	case len(res.certain.messages) > 0:
		return w.violation(p, r, related, res.certain, again), true
	case !res.open:
		return finding.Finding{}, false
	}
	f := p.finding(r, finding.Unknown, w.constants)
	// A residual that asks a rule again does not show what that rule reads.
	all := !slices.ContainsFunc(open, func(u unknownPath) bool { return res.reads(u.ref) })
	var left []unknownPath
	for _, u := range open {
		if u.name != "" && !all && !res.reads(u.ref) {
			continue
		}
		left = append(left, u)
		if u.name == "" {
			continue // the whole resource, which has no path
		}
		f.DependsOn = append(f.DependsOn, u.name)
		if u.own {
			f.Attributes = append(f.Attributes, u.name)
		}
	}
	f.Message = dependence(left)
	return f, true
}

// residual is what is left of a policy when some values are unknown.
type residual struct {
	certain verdict // results that need no condition
	open    bool    // some result stands under a condition
	refs    []ast.Ref
	support []*ast.Module // the rules that it refers to
}

func (w *worker) residual(ctx context.Context, p *policy, input *ast.Term, open []unknownPath) (residual, error) {
	g := w.guard(ctx)
	defer g.release()
	var (
		bodies  []ast.Body
		support []*ast.Module
	)
	err := contain(func() (err error) {
		bodies, support, err = w.query(p.denyOne, input, g).
			WithUnknowns(unknownTerms(open)).
			WithShallowInlining(true).
			PartialRun(ctx)
		return err
	})
	if err != nil {
		return residual{}, w.explain(ctx, g, err)
	}
	res := residual{support: support}
	for _, b := range bodies {
		res.refs = append(res.refs, refsIn(b)...)
		if err := res.addBody(b); err != nil {
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

// unknownTerms returns what partial evaluation leaves open, each once.
func unknownTerms(open []unknownPath) []*ast.Term {
	var terms []*ast.Term
	for _, u := range open {
		if t := ast.NewTerm(u.ref); !slices.ContainsFunc(terms, t.Equal) {
			terms = append(terms, t)
		}
	}
	return terms
}
