package symbolic

import (
	"slices"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// Eval reports whether a request satisfies an expression, as iam/simulate
// judges its statements. A statement that hangs on an unknown key does not
// match.
func Eval(e Expr, r *simulate.Request) bool { return newReplay(e).holds(r) }

// replay judges requests by an expression. Each statement is judged whole and
// by iam/simulate alone, so that a mistake in the procedure cannot hide.
type replay struct {
	root   *node
	leaves map[*node]int
	denies *simulate.DenySet
	match  []bool // of the current request, by leaf
}

func newReplay(e Expr) *replay {
	p := &replay{root: e.node(), leaves: map[*node]int{}}
	var policies []iam.Policy
	p.root.eachLeaf(func(n *node) {
		if _, ok := p.leaves[n]; ok {
			return
		}
		p.leaves[n] = len(policies)
		version := iam.Version2012
		if n.old {
			version = iam.Version2008
		}
		policies = append(policies, iam.Policy{Version: version, Statements: []iam.Statement{n.leaf}})
	})
	p.denies = simulate.CompileDenies(policies...)
	p.match = make([]bool, len(policies))
	return p
}

// eachLeaf visits the leaves from left to right, shared ones more than once.
func (n *node) eachLeaf(visit func(*node)) {
	if n.kind == isLeaf {
		visit(n)
	}
	for _, k := range n.kids {
		k.eachLeaf(visit)
	}
}

func (p *replay) holds(r *simulate.Request) bool {
	clear(p.match)
	for _, ref := range p.denies.Matching(r) {
		p.match[ref.Policy] = true
	}
	return p.eval(p.root)
}

func (p *replay) eval(n *node) bool {
	switch n.kind {
	case isAnd:
		return !slices.ContainsFunc(n.kids, func(k *node) bool { return !p.eval(k) })
	case isOr:
		return slices.ContainsFunc(n.kids, p.eval)
	case isNot:
		return !p.eval(n.kids[0])
	case isLeaf:
	}
	return p.match[p.leaves[n]]
}
