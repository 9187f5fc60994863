package input

import (
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Projection says which parts of a JSON document its readers need. The rest is
// skipped while the document streams by. The values of scalars are always kept
// where a projection leads to them; of objects and arrays only what the
// projection names, so that an empty one keeps their kind and nothing of them.
// The nil projection keeps nothing.
type Projection struct {
	All     bool                   // everything below
	Members map[string]*Projection // members of an object by name
	Each    *Projection            // every other member, and every element of an array
}

// Everything is the projection that keeps a document as it is.
func Everything() *Projection { return &Projection{All: true} }

// member returns what is kept of a member of an object.
func (p *Projection) member(name string) *Projection {
	if p.All {
		return p
	}
	if m, ok := p.Members[name]; ok {
		return m
	}
	return p.Each
}

// element returns what is kept of the elements of an array. Nil means that
// nobody looks at them, so that they need not be there.
func (p *Projection) element() *Projection {
	if p.All {
		return p
	}
	return p.Each
}

// Merge returns a projection that keeps what either keeps. It shares no map
// with p or q that is changed later.
func (p *Projection) Merge(q *Projection) *Projection {
	switch {
	case p == nil:
		return q
	case q == nil:
		return p
	case p.All || q.All:
		return Everything()
	}
	out := &Projection{Each: p.Each.Merge(q.Each)}
	names := slices.Collect(maps.Keys(p.Members))
	names = slices.AppendSeq(names, maps.Keys(q.Members))
	if len(names) > 0 {
		out.Members = make(map[string]*Projection, len(names))
	}
	for _, name := range names {
		out.Members[name] = p.member(name).Merge(q.member(name))
	}
	return out
}

// path returns the projection that keeps what stands at a path; "" stands for
// every member or element.
func pathProjection(steps ...string) *Projection {
	p := &Projection{}
	for _, step := range slices.Backward(steps) {
		if step == "" {
			p = &Projection{Each: p}
		} else {
			p = &Projection{Members: map[string]*Projection{step: p}}
		}
	}
	return p
}

// Differ reports whether two documents differ in what a projection keeps. Parts
// that they share are not looked at.
func Differ(x, y *ast.Term, p *Projection) bool {
	if x == y || p == nil {
		return false
	}
	if x == nil || y == nil || p.All {
		return true
	}
	switch v := x.Value.(type) {
	case ast.Object:
		w, ok := y.Value.(ast.Object)
		if !ok || v.Len() != w.Len() {
			return true
		}
		differ := false
		v.Foreach(func(key, value *ast.Term) {
			name, _ := key.Value.(ast.String)
			differ = differ || Differ(value, w.Get(key), p.member(string(name)))
		})
		return differ
	case *ast.Array:
		w, ok := y.Value.(*ast.Array)
		if !ok || v.Len() != w.Len() {
			return true
		}
		for i := range v.Len() {
			if Differ(v.Elem(i), w.Elem(i), p.element()) {
				return true
			}
		}
		return false
	}
	return !x.Equal(y)
}
