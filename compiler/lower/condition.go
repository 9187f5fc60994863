package lower

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/iam"
)

// key is a condition key that carries an attribute on an operation.
type key struct {
	name        string
	family      string // String, Bool, Numeric, ARN, IPAddress, Date
	multivalued bool
	always      bool              // every request carries it
	binding     *binding.Binding  // nil for global keys
	elements    map[string]string // of a list: element → the key that says whether it is there
}

// boundKey is the key of a binding.
func boundKey(b binding.Binding) key {
	return key{name: b.Key, family: b.KeyType, multivalued: b.Multivalued, binding: &b}
}

// ignoresCase reports whether AWS takes the value in any case.
func (k key) ignoresCase() bool { return k.binding != nil && k.binding.IgnoreCase }

// errNever says that the conditions of a case contradict each other.
var errNever = errors.New("needs a key to be there and not to be there")

// conditions collects the conditions of one statement.
type conditions struct {
	list []iam.Condition
}

// put adds a condition. A negated operator that is there already takes the
// values too, since a negated list excludes each of them; a positive one is
// said again with IfExists, which is a separate condition and means the same
// where the key is present.
func (c *conditions) put(op iam.Operator, name string, values []string) error {
	for range 2 {
		i := slices.IndexFunc(c.list, func(o iam.Condition) bool { return o.Operator == op && strings.EqualFold(o.Key, name) })
		if i < 0 {
			slices.Sort(values)
			c.list = append(c.list, iam.Condition{Operator: op, Key: name, Values: slices.Compact(values)})
			return nil
		}
		if slices.Equal(c.list[i].Values, values) {
			return nil
		}
		if op.Base == "Null" {
			return errNever
		}
		if op.Set != iam.NoSet && !op.Negated() {
			return fmt.Errorf("a policy can ask the same of %s only once in one statement", name)
		}
		if op.Negated() && op.Set != iam.ForAnyValue {
			values = append(slices.Clone(c.list[i].Values), values...)
			slices.Sort(values)
			c.list[i].Values = slices.Compact(values)
			return nil
		}
		op.IfExists = true
	}
	return fmt.Errorf("a policy can ask the same of %s only twice in one statement", name)
}

func (c *conditions) sorted() []iam.Condition {
	slices.SortFunc(c.list, iam.CompareConditions)
	return c.list
}

// constrain adds the conditions under which key k satisfies the constraint.
// update says that an absent key means unchanged: then it never matches.
// other gives the key of a path, for comparisons of two attributes.
func (c *conditions) constrain(con constraint, k key, update bool, other func(path string) (key, bool)) error {
	if k.elements != nil {
		return c.constrainElements(con, k, update)
	}
	missing := con.missing && !update && !k.always
	if !con.value {
		return c.put(iam.Operator{Base: "Null"}, k.name, []string{"true"})
	}
	if len(con.pos)+len(con.neg) == 0 {
		if missing || k.always {
			return nil
		}
		return c.put(iam.Operator{Base: "Null"}, k.name, []string{"false"})
	}
	excludesMissing := false
	ask := func(a *atom, negated bool) error {
		op, values, err := k.operator(a, negated, missing, other)
		if err != nil {
			return err
		}
		excludesMissing = excludesMissing || op.Set == iam.ForAnyValue || op.Set == iam.NoSet && !op.Negated() && !op.IfExists
		return c.put(op, k.name, values)
	}
	for _, a := range con.pos { // some element fails: ask for the opposite
		if err := ask(a, a.fails); err != nil {
			return err
		}
	}
	for _, a := range con.neg {
		negated := true
		if a.many && a.item == 0 { // all of them pass, or none
			all := *a
			all.forAll, negated = true, !a.fails
			a = &all
		}
		if err := ask(a, negated); err != nil {
			return err
		}
	}
	if !missing && !excludesMissing && !k.always {
		return c.put(iam.Operator{Base: "Null"}, k.name, []string{"false"})
	}
	return nil
}

// constrainElements adds the conditions for a list whose elements have keys.
func (c *conditions) constrainElements(con constraint, k key, update bool) error {
	if !con.value || len(con.pos)+len(con.neg) == 0 {
		return fmt.Errorf("%s tells of single elements, not whether the list is there", k.name)
	}
	ask := func(a *atom, op iam.Operator, want string, many bool) error {
		if a.test != equal || len(a.values) > 1 && !many {
			return fmt.Errorf("%s and its like tell of one element each", k.name)
		}
		for _, v := range a.values {
			name, ok := k.elements[v.text]
			if !ok {
				return fmt.Errorf("no key tells whether the list holds %q", v.text)
			}
			if err := c.put(op, name, []string{want}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, a := range con.pos {
		if err := ask(a, iam.Operator{Base: "Bool"}, "true", false); err != nil {
			return err
		}
	}
	for _, a := range con.neg {
		if err := ask(a, iam.Operator{Base: "Bool", IfExists: con.missing && !update}, "false", true); err != nil {
			return err
		}
	}
	return nil
}

// operator chooses the operator and values for one test. missing says that an
// absent key must match as well.
func (k key) operator(a *atom, negated, missing bool, other func(string) (key, bool)) (iam.Operator, []string, error) {
	pick := func(positive, negative string) iam.Operator {
		if negated {
			return k.quantified(iam.Operator{Base: negative}, a, missing)
		}
		return k.quantified(iam.Operator{Base: positive, IfExists: missing}, a, missing)
	}
	texts, err := k.texts(a)
	if err != nil {
		return iam.Operator{}, nil, err
	}
	switch a.test {
	case equal:
		switch k.family {
		case "Bool":
			if negated {
				return iam.Operator{}, nil, fmt.Errorf("a negated truth value on %s", k.name)
			}
			return k.quantified(iam.Operator{Base: "Bool", IfExists: missing}, a, missing), texts, nil
		case "Numeric":
			return pick("NumericEquals", "NumericNotEquals"), texts, nil
		}
		switch {
		case k.template():
			return pick("StringLike", "StringNotLike"), texts, nil
		case k.ignoresCase():
			return pick("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"), texts, nil
		}
		return pick("StringEquals", "StringNotEquals"), texts, nil
	case equalFold:
		return pick("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"), texts, nil
	case like:
		return pick("StringLike", "StringNotLike"), texts, nil
	case inCIDR:
		return pick("IpAddress", "NotIpAddress"), texts, nil
	case less, lessOrEqual:
		if k.family != "Numeric" {
			return iam.Operator{}, nil, fmt.Errorf("%s is a %s, which IAM does not order as a number", k.name, k.family)
		}
		base := map[test][2]string{
			less:        {"NumericLessThan", "NumericGreaterThanEquals"},
			lessOrEqual: {"NumericLessThanEquals", "NumericGreaterThan"},
		}[a.test]
		name := base[0]
		if negated {
			name = base[1]
		}
		return k.quantified(iam.Operator{Base: name, IfExists: missing}, a, missing), texts, nil
	case sameAs:
		o, ok := other(a.values[0].text)
		if !ok {
			return iam.Operator{}, nil, fmt.Errorf("no request carries %s", pretty(a.values[0].text))
		}
		return pick("StringEquals", "StringNotEquals"), []string{"${" + o.name + "}"}, nil
	case present, unsupported:
	}
	return iam.Operator{}, nil, fmt.Errorf("a test of %s that IAM lacks", k.name)
}

// quantified adds the set operator that a multi-valued key needs. ForAllValues
// holds for an absent key and ForAnyValue does not, whatever the operator.
//
// Of a list, a test that is open or closed asks for some element; the negation
// of a closed one is about all of them. An attribute that is one value of the
// key's set is asked for as such.
func (k key) quantified(op iam.Operator, a *atom, missing bool) iam.Operator {
	if !k.multivalued {
		return op
	}
	op.IfExists = false
	op.Set = iam.ForAnyValue
	if a.forAll || !a.many && missing {
		op.Set = iam.ForAllValues
	}
	return op
}

// template reports whether the key's value is made of the attribute's, so that
// it is known only as a pattern.
func (k key) template() bool { return k.binding != nil && k.binding.Form() == binding.FormTemplate }

// texts renders the values of a test as the key carries them.
func (k key) texts(a *atom) ([]string, error) {
	same := k.binding == nil || k.binding.Form() == binding.FormSame
	out := make([]string, 0, len(a.values))
	for _, v := range a.values {
		text := v.text
		if !same {
			if a.test != equal {
				return nil, fmt.Errorf("%s carries other values than the attribute, so that only equality can be asked", k.name)
			}
			mapped, ok := k.binding.KeyValue(text)
			if !ok {
				return nil, fmt.Errorf("%s does not tell the value %q from others", k.name, text)
			}
			text = mapped
		}
		if (a.test == equal || a.test == equalFold) && k.family != "Bool" && k.family != "Numeric" && !k.template() {
			text = strings.ReplaceAll(text, "${", "${$}{")
		}
		out = append(out, text)
	}
	return out, nil
}

// pretty writes a path for people: without the part that is always the same.
func pretty(path string) string {
	return strings.TrimPrefix(path, valuesRoot+".")
}
