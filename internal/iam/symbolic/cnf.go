package symbolic

import "github.com/parapet-dev/parapet/internal/iam"

// literal is a variable of the clauses, or its negation: 2v or 2v+1. The first
// variables are the atoms.
type literal int32

func (l literal) not() literal { return l ^ 1 }

// encoder turns an expression into clauses: not, and are pushed down to the
// atoms, and every and and or gets a variable that implies it (Plaisted and
// Greenbaum, A Structure-preserving Clause Form Translation, 1986). Atoms
// therefore stand in the clauses only with the signs that matter.
type encoder struct {
	atoms   []*atom
	ids     map[string]int
	clauses [][]literal
	next    literal // the next variable, once all atoms are known
	matched map[*node]*form
	done    map[sign]literal
}

// sign is a part of an expression, as it is or negated.
type sign struct {
	f       *form
	negated bool
}

// form is an expression over atoms.
type form struct {
	kind kind // isLeaf: an atom
	kids []*form
	atom int
}

func newEncoder() *encoder {
	return &encoder{ids: map[string]int{}, matched: map[*node]*form{}, done: map[sign]literal{}}
}

// form takes the statements of an expression apart into atoms.
func (c *encoder) form(n *node) (*form, error) {
	if f, ok := c.matched[n]; ok {
		return f, nil
	}
	f := &form{kind: n.kind}
	if n.kind == isLeaf {
		var err error
		if f, err = c.statement(&n.leaf, !n.old); err != nil {
			return nil, err
		}
	}
	for _, k := range n.kids {
		kid, err := c.form(k)
		if err != nil {
			return nil, err
		}
		f.kids = append(f.kids, kid)
	}
	c.matched[n] = f
	return f, nil
}

// statement returns that a request matches a statement. What counts as missing
// is as in iam/simulate: NotResource goes before Resource, Action before
// NotAction, and a statement without either applies to everything.
func (c *encoder) statement(s *iam.Statement, variables bool) (*form, error) {
	all := &form{kind: isAnd}
	add := func(negated bool) func(id string, a *atom, err error) error {
		return func(id string, a *atom, err error) error {
			if err != nil {
				return err
			}
			f := c.intern(id, a)
			if negated {
				f = &form{kind: isNot, kids: []*form{f}}
			}
			all.kids = append(all.kids, f)
			return nil
		}
	}
	var err error
	switch {
	case s.Actions != nil:
		err = add(false)(actionAtom(s.Actions))
	case len(s.NotActions) > 0:
		err = add(true)(actionAtom(s.NotActions))
	}
	switch {
	case err != nil:
	case len(s.NotResources) > 0:
		err = add(true)(resourceAtom(s.NotResources, variables))
	case len(s.Resources) > 0:
		err = add(false)(resourceAtom(s.Resources, variables))
	}
	if err == nil && (s.Principal != nil || s.NotPrincipal != nil) {
		err = add(false)(principalAtom(s))
	}
	for _, cond := range s.Conditions {
		if err == nil {
			err = add(false)(conditionAtom(cond, variables))
		}
	}
	return all, err
}

// intern returns the form of an atom. Equal atoms are one.
func (c *encoder) intern(id string, a *atom) *form {
	n, ok := c.ids[id]
	if !ok {
		n = len(c.atoms)
		c.ids[id] = n
		c.atoms = append(c.atoms, a)
	}
	return &form{kind: isLeaf, atom: n}
}

// assert adds clauses that say that the form holds. All forms are made before
// the first is asserted.
func (c *encoder) assert(s sign) {
	c.next = max(c.next, literal(len(c.atoms)))
	s = s.plain()
	if s.and() {
		for _, k := range s.f.kids {
			c.assert(sign{k, s.negated})
		}
		return
	}
	c.clauses = append(c.clauses, c.disjunction(s, nil))
}

// plain takes away the nots at the top, and joins of one operand.
func (s sign) plain() sign {
	for s.f.kind == isNot || s.f.kind != isLeaf && len(s.f.kids) == 1 {
		s.negated = s.negated != (s.f.kind == isNot)
		s.f = s.f.kids[0]
	}
	return s
}

// and reports whether the sign is a conjunction.
func (s sign) and() bool {
	return s.f.kind == isAnd && !s.negated || s.f.kind == isOr && s.negated
}

// disjunction appends literals of which one must hold for the sign to hold.
func (c *encoder) disjunction(s sign, into []literal) []literal {
	s = s.plain()
	if s.f.kind == isLeaf || s.and() {
		return append(into, c.literal(s))
	}
	for _, k := range s.f.kids {
		into = c.disjunction(sign{k, s.negated}, into)
	}
	return into
}

// literal returns a literal that implies an atom or a conjunction.
func (c *encoder) literal(s sign) literal {
	if s.f.kind == isLeaf {
		l := literal(s.f.atom) << 1
		if s.negated {
			l = l.not()
		}
		return l
	}
	if l, ok := c.done[s]; ok {
		return l
	}
	l := c.next << 1
	c.next++
	c.done[s] = l
	for _, k := range s.f.kids {
		c.clauses = append(c.clauses, append(c.disjunction(sign{k, s.negated}, nil), l.not()))
	}
	return l
}
