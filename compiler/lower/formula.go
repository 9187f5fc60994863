package lower

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// test names what an atom asks of an attribute. Every test but present is
// false when the attribute is missing.
type test int

const (
	present     test = iota
	equal            // one of the values, exactly
	equalFold        // one of the values, ignoring case; values are lower case
	like             // one of the wildcard patterns
	less             // below the number
	lessOrEqual      // at or below the number
	inCIDR           // inside one of the networks
	sameAs           // equal to another attribute, whose path is the value
	unsupported      // cannot be asked of any request; the reason says why
)

// scalar is a constant of a policy. Kind keeps "true" and true apart.
type scalar struct {
	kind scalarKind
	text string
}

type scalarKind byte

const (
	isString scalarKind = iota
	isNumber
	isBool
)

// atom is one test of one attribute. Paths start below input and write every
// list step as []: resource.values.metadata_options[].http_tokens.
type atom struct {
	path   string
	test   test
	values []scalar   // sorted
	reason string     // why it is unsupported
	wider  string     // what the test accepts beyond what the policy means; empty: it is the same
	at     diag.Place // of the expression, for refusals

	// Of a list that may have several elements: many is set, item numbers the
	// element that the expression binds (0: any of them), and fails says that
	// some element fails the test.
	many   bool
	item   int
	fails  bool
	forAll bool // set while conditions are made: about all elements
}

// key identifies an atom; two atoms with the same key ask the same.
func (a *atom) key() string {
	var b strings.Builder
	b.WriteString(a.path)
	b.WriteByte(0)
	b.WriteByte('a' + byte(a.test))
	if a.many {
		fmt.Fprintf(&b, "#%d%v", a.item, a.fails)
	}
	for _, v := range a.values {
		b.WriteByte(0)
		b.WriteByte('0' + byte(v.kind))
		b.WriteString(v.text)
	}
	if a.test == unsupported {
		b.WriteString(a.reason + a.at.String())
	}
	return b.String()
}

type connective byte

const (
	isAtom connective = iota
	and               // with no parts: true
	or                // with no parts: false
	not
)

// formula is a boolean combination of atoms. Formulas are immutable.
type formula struct {
	op    connective
	atom  *atom
	parts []*formula
}

var (
	yes = &formula{op: and}
	no  = &formula{op: or}
)

func (f *formula) isTrue() bool  { return f.op == and && len(f.parts) == 0 }
func (f *formula) isFalse() bool { return f.op == or && len(f.parts) == 0 }

func truth(b bool) *formula {
	if b {
		return yes
	}
	return no
}

func atomOf(a atom) *formula { return &formula{op: isAtom, atom: &a} }

// all is the conjunction of the parts.
func all(parts ...*formula) *formula { return join(and, yes, no, parts) }

// any1 is the disjunction of the parts.
func any1(parts ...*formula) *formula { return join(or, no, yes, parts) }

// join flattens nested parts of the same connective and folds constants.
func join(op connective, neutral, absorbing *formula, parts []*formula) *formula {
	flat := make([]*formula, 0, len(parts))
	for _, p := range parts {
		switch {
		case p.op == absorbing.op && len(p.parts) == 0 && p.op != isAtom:
			return absorbing
		case p.op == op:
			flat = append(flat, p.parts...)
		default:
			flat = append(flat, p)
		}
	}
	switch len(flat) {
	case 0:
		return neutral
	case 1:
		return flat[0]
	}
	return &formula{op: op, parts: flat}
}

// negate is the negation of f.
func negate(f *formula) *formula {
	switch {
	case f.isTrue():
		return no
	case f.isFalse():
		return yes
	case f.op == not:
		return f.parts[0]
	}
	return &formula{op: not, parts: []*formula{f}}
}

// literal is an atom or its negation.
type literal struct {
	*atom
	negated bool
}

// maxDisjuncts bounds the disjunctive form. A policy beyond it is refused: its
// guardrail would not fit any policy document.
const maxDisjuncts = 512

// dnf returns the disjuncts of f, each a list of literals sorted by key, and
// false when there are too many. Disjuncts that contradict themselves are gone.
func dnf(f *formula) ([][]literal, bool) {
	ds, ok := expand(f, false)
	return ds, ok
}

func expand(f *formula, negated bool) ([][]literal, bool) {
	op := f.op
	if op == not {
		return expand(f.parts[0], !negated)
	}
	if op == isAtom {
		return [][]literal{{{atom: f.atom, negated: negated}}}, true
	}
	if (op == or) != negated { // a disjunction
		var out [][]literal
		for _, p := range f.parts {
			ds, ok := expand(p, negated)
			if !ok {
				return nil, false
			}
			for _, d := range ds {
				if !slices.ContainsFunc(out, func(o []literal) bool { return sameLiterals(o, d) }) {
					out = append(out, d)
				}
			}
			if len(out) > maxDisjuncts {
				return nil, false
			}
		}
		return out, true
	}
	out := [][]literal{{}}
	for _, p := range f.parts {
		ds, ok := expand(p, negated)
		if !ok {
			return nil, false
		}
		var next [][]literal
		for _, o := range out {
			for _, d := range ds {
				if merged, ok := conjoin(o, d); ok {
					next = append(next, merged)
				}
			}
			if len(next) > maxDisjuncts {
				return nil, false
			}
		}
		out = next
	}
	return out, true
}

// conjoin merges two sorted literal lists; false when they contradict.
func conjoin(a, b []literal) ([]literal, bool) {
	out := slices.Clone(a)
	for _, l := range b {
		i, found := slices.BinarySearchFunc(out, l, compareLiterals)
		if found {
			if out[i].negated != l.negated {
				return nil, false
			}
			continue
		}
		out = slices.Insert(out, i, l)
	}
	return out, true
}

func compareLiterals(a, b literal) int { return strings.Compare(a.key(), b.key()) }

func sameLiterals(a, b []literal) bool {
	return slices.EqualFunc(a, b, func(x, y literal) bool { return x.negated == y.negated && x.key() == y.key() })
}
