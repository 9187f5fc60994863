package lower

import (
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// constraint says what one attribute may be: absent, when missing is set, or,
// when value is set, present with every test of pos true and none of neg.
type constraint struct {
	missing, value bool
	pos, neg       []*atom // sorted by key
}

// disjunct is one way to violate a policy: constraints on attributes, all of
// which must hold, and what no request can tell.
type disjunct struct {
	on      map[string]constraint // by path
	refused []*atom               // unsupported atoms, of either polarity
	place   diag.Place            // of the rule
}

// kind is the type of an attribute's values.
type kind byte

const (
	anyKind kind = iota // no binding tells
	stringKind
	boolKind
	numberKind
)

// disjuncts turns the formula into constraints, without those that cannot hold
// and those that another one covers. kindOf tells an attribute's type.
func disjuncts(f *formula, place diag.Place, kindOf func(path string) kind) ([]disjunct, bool) {
	lists, ok := dnf(f)
	if !ok {
		return nil, false
	}
	lists = slices.DeleteFunc(lists, impossiblePath)
	for i, l := range lists {
		lists[i] = withoutImplied(l)
	}
	lists = absorb(withoutParents(lists))
	var out []disjunct
	for _, l := range lists {
		if d, ok := newDisjunct(l, place, kindOf); ok {
			out = append(out, d)
		}
	}
	return merge(out, kindOf), true
}

// below reports whether path q lies strictly below p.
func below(q, p string) bool {
	return len(q) > len(p) && strings.HasPrefix(q, p) && (q[len(p)] == '.' || q[len(p)] == '[')
}

// impossiblePath finds a literal that needs a part to be there and one that
// needs what it is in to be absent.
func impossiblePath(lits []literal) bool {
	for _, a := range lits {
		if !a.negated || a.test != present {
			continue
		}
		for _, b := range lits {
			if !b.negated && b.test != unsupported && (b.path == a.path || below(b.path, a.path)) {
				return true
			}
		}
	}
	return false
}

// withoutImplied drops the literals that another literal implies.
func withoutImplied(lits []literal) []literal {
	out := slices.Clone(lits)
	for i := 0; i < len(out); i++ {
		for j := range out {
			if i != j && implies(out[j], out[i]) {
				out = slices.Delete(out, i, i+1)
				i--
				break
			}
		}
	}
	return out
}

// implies reports whether literal a being true makes b true. It need not find
// every implication.
func implies(a, b literal) bool {
	if a.test == unsupported || b.test == unsupported {
		return a.key() == b.key() && a.negated == b.negated
	}
	if a.key() == b.key() {
		return a.negated == b.negated
	}
	if (a.many || b.many) && (a.test != present || a.negated) && b.test != present {
		return false // tests of elements that may not be the same
	}
	switch {
	case a.negated && a.test == present: // absent
		return b.negated && b.item == 0 && (b.path == a.path || below(b.path, a.path))
	case a.negated:
		return b.negated && a.path == b.path && a.test == equal && b.test == equal && subset(b.values, a.values)
	case !b.negated && b.test == present: // something is there
		return a.path == b.path || below(a.path, b.path)
	case a.path != b.path || a.test != equal:
		return false
	}
	for _, v := range a.values { // every value that a allows must satisfy b
		if meets(v, b.atom) == b.negated {
			return false
		}
	}
	return true
}

func subset(a, b []scalar) bool {
	return !slices.ContainsFunc(a, func(s scalar) bool { return !slices.Contains(b, s) })
}

// absorb removes disjuncts that imply another one.
func absorb(lists [][]literal) [][]literal {
	var out [][]literal
	for i, a := range lists {
		covered := false
		for j, b := range lists {
			if i == j || !impliesAll(a, b) {
				continue
			}
			if impliesAll(b, a) && i < j { // equivalent: keep the first
				continue
			}
			covered = true
			break
		}
		if !covered {
			out = append(out, a)
		}
	}
	return out
}

// withoutParents drops the test that a block or map is there from a disjunct
// where another disjunct covers the case that it is not: of "no tags, or tags
// without Owner", the second part alone says both.
func withoutParents(lists [][]literal) [][]literal {
	for i, list := range lists {
		for k := 0; k < len(list); k++ {
			l := list[k]
			if l.negated || l.test != present {
				continue
			}
			rest := slices.Delete(slices.Clone(list), k, k+1)
			absent := literal{atom: l.atom, negated: true}
			without, ok := conjoin(rest, []literal{absent})
			covered := !ok || impossiblePath(without) || slices.ContainsFunc(lists, func(o []literal) bool { return impliesAll(without, o) })
			if covered && !slices.ContainsFunc(rest, func(o literal) bool { return !o.negated && below(o.path, l.path) }) {
				list = rest
				k--
			}
		}
		lists[i] = list
	}
	return lists
}

func impliesAll(a, b []literal) bool {
	for _, lb := range b {
		if !slices.ContainsFunc(a, func(la literal) bool { return implies(la, lb) }) {
			return false
		}
	}
	return true
}

// newDisjunct gathers literals by attribute; false when they contradict.
func newDisjunct(lits []literal, place diag.Place, kindOf func(string) kind) (disjunct, bool) {
	d := disjunct{on: map[string]constraint{}, place: place}
	for _, l := range lits {
		if l.test == unsupported {
			d.refused = append(d.refused, l.atom)
			continue
		}
		c, seen := d.on[l.path]
		if !seen {
			c = constraint{missing: true, value: true}
		}
		switch {
		case l.test == present && l.negated:
			c.value = false
		case l.test == present:
			c.missing = false
		case l.negated:
			c.neg = append(c.neg, l.atom)
		default:
			c.missing = false
			c.pos = append(c.pos, l.atom)
		}
		d.on[l.path] = c
	}
	for path, c := range d.on {
		c, ok := c.simplify(kindOf(path))
		if !ok {
			return disjunct{}, false
		}
		if c.missing && c.value && len(c.pos) == 0 && len(c.neg) == 0 {
			delete(d.on, path) // anything goes
			continue
		}
		d.on[path] = c
	}
	return d, true
}

// simplify folds tests on known values; false when nothing satisfies c.
func (c constraint) simplify(k kind) (constraint, bool) {
	if !c.value {
		c.pos, c.neg = nil, nil
		return c, c.missing
	}
	c.pos, c.neg = typed(c.pos, k), typed(c.neg, k)
	if c.many() {
		return c, true // one element's value says nothing of another's
	}
	if candidates, finite := c.candidates(k); finite {
		candidates = slices.DeleteFunc(candidates, func(s scalar) bool {
			return slices.ContainsFunc(c.pos, func(a *atom) bool { return !meets(s, a) }) ||
				slices.ContainsFunc(c.neg, func(a *atom) bool { return meets(s, a) })
		})
		var known atom
		if rest := slices.Concat(c.pos, c.neg); len(rest) > 0 {
			known = atom{path: rest[0].path, test: equal, values: candidates, at: rest[0].at}
		}
		c.neg = nil
		switch {
		case len(candidates) == 0:
			c.value, c.pos = false, nil
			return c, c.missing
		case k == boolKind && len(candidates) == 2:
			c.pos = nil
		default:
			c.pos = []*atom{&known}
		}
		return c, true
	}
	if slices.ContainsFunc(c.pos, func(a *atom) bool { return len(a.values) == 0 }) {
		c.value, c.pos, c.neg = false, nil, nil
		return c, c.missing
	}
	c.neg = slices.DeleteFunc(c.neg, func(a *atom) bool { return len(a.values) == 0 })
	return c, true
}

// many reports whether the constraint is about the elements of a list.
func (c constraint) many() bool {
	return slices.ContainsFunc(slices.Concat(c.pos, c.neg), func(a *atom) bool { return a.many })
}

// typed rewrites the values of equality tests to the attribute's type, and
// drops those that it can never have. A string attribute is never false.
func typed(atoms []*atom, k kind) []*atom {
	var out []*atom
	for _, a := range atoms {
		if a.test != equal {
			out = append(out, a)
			continue
		}
		n := *a
		n.values = nil
		for _, v := range a.values {
			switch {
			case k == anyKind:
				n.values = append(n.values, v)
			case k == boolKind && (v.text == "true" || v.text == "false"):
				n.values = append(n.values, scalar{isBool, v.text})
			case k == numberKind && v.kind == isNumber, k == stringKind && v.kind == isString:
				n.values = append(n.values, v)
			}
		}
		n.values = sortedScalars(n.values)
		out = append(out, &n)
	}
	return out
}

// candidates lists the values that c can allow, when they are finite.
func (c constraint) candidates(k kind) ([]scalar, bool) {
	if k == boolKind && len(c.pos)+len(c.neg) > 0 {
		return []scalar{{isBool, "false"}, {isBool, "true"}}, true
	}
	for _, a := range c.pos {
		if a.test == equal {
			return slices.Clone(a.values), true
		}
	}
	return nil, false
}

// merge unites disjuncts that differ in one attribute, where the union can be
// said in one condition.
func merge(ds []disjunct, kindOf func(string) kind) []disjunct {
	for again := true; again; {
		again = false
		for i := range ds {
			for j := i + 1; j < len(ds); j++ {
				if u, ok := unite(ds[i], ds[j], kindOf); ok {
					ds[i] = u
					ds = slices.Delete(ds, j, j+1)
					again = true
					break
				}
			}
			if again {
				break
			}
		}
	}
	return ds
}

func unite(a, b disjunct, kindOf func(string) kind) (disjunct, bool) {
	if len(a.refused)+len(b.refused) > 0 || len(a.on) != len(b.on) {
		return disjunct{}, false
	}
	differs := ""
	for path, ca := range a.on {
		cb, ok := b.on[path]
		if !ok {
			return disjunct{}, false
		}
		if ca.same(cb) {
			continue
		}
		if differs != "" {
			return disjunct{}, false
		}
		differs = path
	}
	if differs == "" {
		return a, true
	}
	c, ok := a.on[differs].union(b.on[differs], kindOf(differs))
	if !ok {
		return disjunct{}, false
	}
	out := disjunct{on: maps.Clone(a.on), place: a.place}
	out.on[differs] = c
	if c.missing && c.value && len(c.pos) == 0 && len(c.neg) == 0 {
		delete(out.on, differs)
	}
	return out, true
}

func (c constraint) same(o constraint) bool {
	eq := func(a, b *atom) bool { return a.key() == b.key() }
	return c.missing == o.missing && c.value == o.value && slices.EqualFunc(c.pos, o.pos, eq) && slices.EqualFunc(c.neg, o.neg, eq)
}

// union allows what c or o allows, when one constraint can say it.
func (c constraint) union(o constraint, k kind) (constraint, bool) {
	missing := c.missing || o.missing
	switch {
	case !c.value:
		o.missing = missing
		return o, true
	case !o.value:
		c.missing = missing
		return c, true
	case len(c.neg)+len(o.neg) == 0 && len(c.pos) == 1 && len(o.pos) == 1 && c.pos[0].test == o.pos[0].test &&
		!c.pos[0].fails && !o.pos[0].fails && (c.pos[0].test == equal || c.pos[0].test == equalFold || c.pos[0].test == like || c.pos[0].test == inCIDR):
		u := *c.pos[0]
		u.values = sortedScalars(append(slices.Clone(u.values), o.pos[0].values...))
		c.pos, c.missing = []*atom{&u}, missing
		return c.simplify(k)
	case len(c.pos)+len(c.neg) == 0:
		c.missing = missing
		return c, true
	case len(o.pos)+len(o.neg) == 0:
		o.missing = missing
		return o, true
	}
	withoutMissing, other := c, o
	withoutMissing.missing, other.missing = false, false
	if withoutMissing.same(other) {
		c.missing = missing
		return c, true
	}
	return constraint{}, false
}

// paths lists the attributes of a disjunct in order.
func (d disjunct) paths() []string { return slices.Sorted(maps.Keys(d.on)) }
