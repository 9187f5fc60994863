package document

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/input"
)

// What the policies can read of the input is found by following values through
// rules, without evaluating anything: every place of the document that a value
// may be is a node, and what happens to the value says how much of the node
// must be there. The answer errs on the side of too much. The law, which a test
// holds it to: policies say the same of what is kept as of the whole document.
//
// A value that is compared with a text, or looked into, needs its place only.
// One that leaves the sight of the analysis, as the argument of a builtin, a
// message or an element of a set, is needed whole: so is what may be equal to
// another value, since sets and the one value of a rule depend on that.

// node is a place in the document.
type node struct {
	all     bool // the whole of it is needed
	members map[string]*node
	each    *node // any member or element
	depth   int
	at      *ast.Location // where it is read first
}

// Limits beyond which everything is kept. Ordinary policies come nowhere near.
const (
	maxNodes  = 20_000
	maxNested = 10 // of values in values that policies build
	maxSteps  = 40 // from the root of the document
	maxRounds = 200
)

// value is what a variable or a term may be: places of the document, or
// something that policies build, with what may be in it.
type value struct {
	nodes map[*node]bool
	elems *value
}

// analysis follows values until nothing new is found.
type analysis struct {
	compiler *ast.Compiler
	root     *node
	count    int
	changed  bool
	whole    bool // a limit was met, or something that cannot be followed
	vars     map[*ast.Rule]map[ast.Var]*value
	results  map[*ast.Rule]*value
	visited  map[*ast.Rule]bool // in this round
}

// analyse finds what the rules of the program can read.
func (p *Program) analyse() *analysis {
	var rules []*ast.Rule
	for _, r := range p.rules {
		rules = append(rules, p.compiler.GetRulesWithPrefix(r.path)...)
		rules = append(rules, r.exceptions(p.compiler)...)
	}
	return p.follow(rules)
}

// follow finds what some rules can read.
func (c *compiled) follow(rules []*ast.Rule) *analysis {
	a := &analysis{
		compiler: c.compiler, root: &node{},
		vars: map[*ast.Rule]map[ast.Var]*value{}, results: map[*ast.Rule]*value{},
	}
	for round := 0; ; round++ {
		a.changed, a.visited = false, map[*ast.Rule]bool{}
		for _, r := range rules {
			a.escape(a.rule(r))
		}
		if !a.changed || a.whole {
			return a
		}
		if round == maxRounds {
			a.whole = true
			return a
		}
	}
}

// projection is what must be kept of a document.
func (a *analysis) projection() *input.Projection {
	if a.whole {
		return input.Everything()
	}
	return a.root.projection()
}

func (n *node) projection() *input.Projection {
	if n.all {
		return input.Everything()
	}
	p := &input.Projection{}
	if n.each != nil {
		p.Each = n.each.projection()
	}
	for name, m := range n.members {
		if p.Members == nil {
			p.Members = map[string]*input.Projection{}
		}
		p.Members[name] = m.projection().Merge(p.Each)
	}
	return p
}

// Read is a place of the input that a policy reads: the members on the way to
// it, with "" for any member or element.
type Read struct {
	Path  []string
	Place diag.Place
}

// String writes the path as policies do: resource_changes[_].change.after.
func (r Read) String() string {
	var b strings.Builder
	for i, step := range r.Path {
		switch {
		case step == "":
			b.WriteString("[_]")
		case i == 0:
			b.WriteString(step)
		default:
			b.WriteString("." + step)
		}
	}
	return b.String()
}

// Reads lists the places of the input that the policies can read, with one
// place in the policies for each, sorted. What is below a place that is read
// whole is not listed.
func (p *Program) Reads() []Read {
	var list []Read
	var walk func(n *node, path []string)
	walk = func(n *node, path []string) {
		if len(path) > 0 {
			list = append(list, Read{slices.Clone(path), engine.PlaceOf(n.at)})
		}
		if n.each != nil {
			walk(n.each, append(path, ""))
		}
		for _, name := range slices.Sorted(maps.Keys(n.members)) {
			walk(n.members[name], append(path, name))
		}
	}
	walk(p.reads().root, nil)
	slices.SortFunc(list, func(a, b Read) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column), slices.Compare(a.Path, b.Path))
	})
	return list
}

// child returns the place of a member, or with "" of any member or element.
func (a *analysis) child(n *node, name string, at *ast.Location) *node {
	if n.all {
		return n
	}
	if name == "" && n.each != nil {
		return n.each
	}
	if m := n.members[name]; m != nil {
		return m
	}
	a.changed = true
	if a.count++; a.count > maxNodes || n.depth >= maxSteps {
		a.whole = true
		n.all = true
		return n
	}
	m := &node{depth: n.depth + 1, at: at}
	if name == "" {
		n.each = m
		return m
	}
	if n.members == nil {
		n.members = map[string]*node{}
	}
	n.members[name] = m
	return m
}

// merge adds to a value what another may be.
func (a *analysis) merge(to, from *value) { a.mergeAt(to, from, 0) }

func (a *analysis) mergeAt(to, from *value, depth int) {
	if from == nil || to == from {
		return
	}
	if depth > maxNested {
		a.escape(from)
		return
	}
	for n := range from.nodes {
		if !to.nodes[n] {
			if to.nodes == nil {
				to.nodes = map[*node]bool{}
			}
			to.nodes[n] = true
			a.changed = true
		}
	}
	if from.elems != nil {
		if to.elems == nil {
			to.elems = &value{}
		}
		a.mergeAt(to.elems, from.elems, depth+1)
	}
}

// union returns what either of the values may be.
func (a *analysis) union(list ...*value) *value {
	out := &value{}
	before := a.changed
	for _, v := range list {
		a.merge(out, v)
	}
	a.changed = before // out is nobody's yet
	return out
}

// escape says that the whole of a value is needed.
func (a *analysis) escape(v *value) {
	for ; v != nil; v = v.elems {
		for n := range v.nodes {
			if !n.all {
				n.all = true
				a.changed = true
			}
		}
	}
}

// shape says that the size and the names of a value are needed.
func (a *analysis) shape(v *value, at *ast.Location) {
	if v != nil {
		for n := range v.nodes {
			a.child(n, "", at)
		}
	}
}

// inside returns what a member or, with "", any member or element may be.
func (a *analysis) inside(v *value, name string, at *ast.Location) *value {
	out := &value{}
	if v == nil {
		return out
	}
	for n := range v.nodes {
		if out.nodes == nil {
			out.nodes = map[*node]bool{}
		}
		out.nodes[a.child(n, name, at)] = true
	}
	if v.elems != nil {
		out = a.union(out, v.elems)
	}
	return out
}
