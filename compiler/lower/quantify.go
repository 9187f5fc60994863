package lower

import (
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// A list that may have several elements needs quantifiers, which formulas lack.
// An expression that binds an element numbers it, and tests of the same number
// are tests of one element: "some s in xs; f(s); g(s)". Where such a condition is
// negated, and the element was bound inside of the negation, it is closed first:
// the number goes, and the atom then says that some element passes the test, or
// fails it. A condition of several tests on one element cannot be closed into
// one atom and is refused.

// alive lists the numbered elements that variables stand for.
func alive(e env) map[int]bool {
	out := map[int]bool{}
	for _, v := range e {
		itemsOf(v, out)
	}
	return out
}

func itemsOf(v value, into map[int]bool) {
	switch v := v.(type) {
	case attribute:
		into[v.item] = true
	case element:
		into[v.item] = true
	case composite:
		for _, x := range v.values {
			itemsOf(x, into)
		}
	}
}

// settled is a value that outlives the body that it was made in. An element of
// an unknown list has no meaning outside.
func settled(v value, alive map[int]bool, at diag.Place) value {
	if a, ok := v.(attribute); ok && a.many && !alive[a.item] {
		return opaque{reason: "gathers elements of an unknown list", at: at}
	}
	return v
}

// closed binds the numbered elements of a formula that are not alive outside.
func (ev *evaluator) closed(f *formula, alive map[int]bool) *formula {
	if !opens(f, alive) {
		return f
	}
	lists, ok := dnf(f)
	if !ok {
		return unsupportedAtom("has too many alternatives inside a negation", ev.res.place())
	}
	var out []*formula
	for _, lits := range lists {
		out = append(out, closeItems(withoutImplied(lits), alive))
	}
	return any1(out...)
}

// opens reports whether a formula tests an element that is not alive.
func opens(f *formula, alive map[int]bool) bool {
	if f.op == isAtom {
		return f.atom.item > 0 && !alive[f.atom.item]
	}
	for _, p := range f.parts {
		if opens(p, alive) {
			return true
		}
	}
	return false
}

// closeItems is the conjunction of the literals with their elements bound.
func closeItems(lits []literal, alive map[int]bool) *formula {
	var out []*formula
	tests := map[int]*literal{}
	for i := range lits {
		l := &lits[i]
		switch {
		case l.item == 0 || alive[l.item]:
			out = append(out, literalOf(*l))
		case tests[l.item] == nil || isThere(tests[l.item]):
			tests[l.item] = l
		case !isThere(l):
			out = append(out, unsupportedAtom("puts several tests to one element of a list, inside a negation", l.at))
		}
	}
	for _, l := range lits { // in the order of the literals
		first := tests[l.item]
		if first == nil || first.key() != l.key() {
			continue
		}
		a := *l.atom
		a.item, a.fails = 0, l.negated
		out = append(out, atomOf(a))
		delete(tests, l.item)
	}
	return all(out...)
}

// isThere reports whether a literal only says that an element is there.
func isThere(l *literal) bool {
	return l.test == present && !l.negated && strings.HasSuffix(l.path, "[]")
}

func literalOf(l literal) *formula {
	f := &formula{op: isAtom, atom: l.atom}
	if l.negated {
		return negate(f)
	}
	return f
}

// onlyThere reports whether a formula says no more than that a member of an
// object is there, and not false: tags are texts.
func onlyThere(f *formula, path string) bool {
	switch f.op {
	case isAtom:
		return f.atom.path == path && f.atom.test == present
	case not:
		a := f.parts[0].atom
		return f.parts[0].op == isAtom && a.path == path && a.test == equal && len(a.values) == 1 && a.values[0] == scalar{isBool, "false"}
	case and:
		for _, p := range f.parts {
			if !onlyThere(p, path) {
				return false
			}
		}
		return len(f.parts) > 0
	case or:
	}
	return false
}
