package symbolic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// The parts of a request that are no condition keys have names that no key has.
const (
	theAction    = "\x00action"
	theResource  = "\x00resource"
	thePrincipal = "\x00principal"
)

// nullTest is what a Null operator asks for.
type nullTest uint8

const (
	asksAbsent nullTest = 1 << iota
	asksPresent
)

// atom is an element or a condition: what the clauses are made of. It speaks of
// one key.
type atom struct {
	key  string // in lower case, or one of the names above
	name string // the key as first spelled
	test test   // of one value, before negation

	// Of conditions.
	isNull   bool
	null     nullTest
	negated  bool
	ifExists bool
	set      iam.SetOperator

	star       bool       // of a list of resources: "*" is in it
	principals *principal // of principals
}

// element returns the key, the identity and the atom of an Action, NotAction,
// Resource or NotResource element; the caller negates the latter two.
func actionAtom(patterns []string) (id string, a *atom, err error) {
	list := sorted(patterns)
	a = &atom{key: theAction, name: "the action", test: test{texts: list}}
	for _, p := range list {
		if !ascii(p) {
			return "", nil, fmt.Errorf("action pattern %q is not ASCII", p)
		}
		g, _ := glob{}.compile(p, mode{wildcards: true, letters: oneASCII, others: anything})
		a.test.globs = append(a.test.globs, g)
	}
	a.test.matches = func(v string) bool {
		return slices.ContainsFunc(list, func(p string) bool { return iam.MatchAction(p, v) })
	}
	return fmt.Sprintf("action %q", list), a, nil
}

func resourceAtom(patterns []string, variables bool) (id string, a *atom, err error) {
	list := sorted(patterns)
	a = &atom{key: theResource, name: "the resource", test: test{texts: list}}
	for _, p := range list {
		if !readable(p) {
			return "", nil, fmt.Errorf("resource pattern %q is not UTF-8", p)
		}
		if p != "" && strings.Trim(p, "*") == "" {
			a.star = true
			a.test.globs = append(a.test.globs, plainGlob("*"))
			continue
		}
		if g, relaxed, ok := resourceGlob(p, variables); ok {
			a.test.add(g, relaxed, p)
		}
	}
	return fmt.Sprintf("resource %t %q", variables, list), a, nil
}

func conditionAtom(c iam.Condition, variables bool) (id string, a *atom, err error) {
	op := c.Operator
	list := sorted(c.Values)
	a = &atom{
		key: strings.ToLower(c.Key), name: c.Key,
		negated: op.Negated(), ifExists: op.IfExists, set: op.Set,
	}
	id = fmt.Sprintf("condition %t %s %s %q", variables, op, a.key, list)
	for _, v := range list {
		if !readable(v) {
			return "", nil, fmt.Errorf("value %q of %s is not UTF-8", v, c.Key)
		}
	}
	if op.Family() != iam.NullFamily {
		a.test, err = newTest(op, list, variables && op.Variables())
		return id, a, err
	}
	a.isNull = true
	for _, v := range list {
		switch b, ok := iam.ParseBool(v); {
		case ok && b:
			a.null |= asksAbsent
		case ok:
			a.null |= asksPresent
		}
	}
	return id, a, nil
}

// sorted returns the values, sorted and each once.
func sorted(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// onAbsent reports whether the condition holds for a key that the request does
// not carry (reference_policies_elements_condition_operators: negated operators
// and …IfExists hold; reference_policies_multi-value-conditions: ForAllValues
// holds, ForAnyValue does not).
func (a *atom) onAbsent() bool {
	switch {
	case a.isNull:
		return a.null&asksAbsent != 0
	case a.set == iam.ForAllValues:
		return true
	case a.set == iam.ForAnyValue:
		return false
	}
	return a.negated || a.ifExists
}

// onNothing reports whether the condition holds for a key that is present
// without a value that a set operator would see.
func (a *atom) onNothing() bool {
	if a.isNull {
		return a.null&asksPresent != 0
	}
	return a.set == iam.ForAllValues
}

// plain reports whether the atom says the same of a value alone and of a set
// of only that value: it has a set operator.
func (a *atom) plain() bool { return a.set == iam.NoSet && !a.isNull }
