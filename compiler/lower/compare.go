package lower

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// equality is the condition under which two defined values are equal.
func equality(a, b value, at diag.Place) *formula {
	if rank(a) > rank(b) {
		a, b = b, a
	}
	switch a := a.(type) {
	case opaque:
		return unsupportedAtom(a.reason, at)
	case composite:
		return equalComposite(a, b, at)
	case collection:
		if k, ok := b.(constant); ok && len(constantMembers(k.v)) == 0 {
			return negate(nonEmpty(a))
		}
		return unsupportedAtom("compares a whole collection made of the input", at)
	case size:
		if k, ok := b.(constant); ok {
			return compareSize("eq", a, k, at)
		}
		return unsupportedAtom("compares a count with what is not known", at)
	case keySet:
		return unsupportedAtom("compares the whole set of an object's member names", at)
	case element:
		return equalElement(a, b, at)
	case attribute:
		if o, ok := b.(attribute); ok {
			return equalAttributes(a, o, at)
		}
		return equalAttribute(a, b.(constant).v, at) //nolint:errcheck,forcetypeassert // rank leaves only constants
	case constant:
		return truth(a.v.Compare(b.(constant).v) == 0) //nolint:errcheck,forcetypeassert // rank leaves only constants
	}
	return unsupportedAtom("compares what no request tells", at)
}

// rank orders the kinds of values so that equality sees each pair once.
func rank(v value) int {
	switch v.(type) {
	case opaque:
		return 0
	case composite:
		return 1
	case collection:
		return 2
	case size:
		return 3
	case keySet:
		return 4
	case element:
		return 5
	case attribute:
		return 6
	}
	return 7
}

func equalComposite(a composite, b value, at diag.Place) *formula {
	var others []value
	switch b := b.(type) {
	case composite:
		if (a.keys == nil) != (b.keys == nil) {
			return no
		}
		others = b.values
	case constant:
		if _, ok := b.v.(*ast.Array); !ok || a.keys != nil {
			return unsupportedAtom("compares an object made of the input", at)
		}
		for _, m := range constantMembers(b.v) {
			others = append(others, m.value)
		}
	default:
		return unsupportedAtom("compares a list made of the input", at)
	}
	if len(others) != len(a.values) {
		return no
	}
	parts := make([]*formula, len(others))
	for i := range others {
		parts[i] = equality(a.values[i], others[i], at)
	}
	return all(parts...)
}

// equalElement compares a member name of an unknown object.
func equalElement(a element, b value, at diag.Place) *formula {
	if k, ok := b.(constant); ok {
		if s, ok := k.v.(ast.String); ok {
			return presence(a.of+memberStep(string(s)), at)
		}
	}
	return unsupportedAtom("depends on the position in a list, which a request does not carry", at)
}

func equalAttributes(a, b attribute, at diag.Place) *formula {
	switch {
	case a.path == b.path && a.fold == b.fold:
		return yes
	case a.fold != asIs || b.fold != asIs:
		return unsupportedAtom("compares two attributes ignoring case", at)
	}
	if !strings.HasPrefix(a.path, valuesRoot) {
		a, b = b, a
	}
	return a.ask(sameAs, []scalar{{isString, b.path}}, at)
}

// equalAttribute compares an attribute with a constant. Nulls are dropped when
// a resource is loaded, so nothing equals null.
func equalAttribute(a attribute, v ast.Value, at diag.Place) *formula {
	s, ok := scalarOf(v)
	if !ok {
		if _, null := v.(ast.Null); null {
			return no
		}
		return unsupportedAtom("compares a whole list or object; condition keys carry single values", at)
	}
	return oneOf(a, []scalar{s}, at)
}

// oneOf is the condition under which an attribute has one of the values.
func oneOf(a attribute, values []scalar, at diag.Place) *formula {
	t := equal
	if a.fold != asIs {
		t = equalFold
		change := strings.ToLower
		if a.fold == upper {
			change = strings.ToUpper
		}
		// A value that the change would not leave alone is never met.
		values = slices.DeleteFunc(slices.Clone(values), func(s scalar) bool {
			return s.kind != isString || change(s.text) != s.text
		})
		for i := range values {
			values[i].text = strings.ToLower(values[i].text)
		}
	}
	values = sortedScalars(values)
	if len(values) == 0 {
		return no
	}
	return a.ask(t, values, at)
}

// ask is the condition under which an attribute passes a test.
func (a attribute) ask(t test, values []scalar, at diag.Place) *formula {
	return atomOf(atom{path: a.path, test: t, values: values, at: at, many: a.many, item: a.item})
}

// there is the condition under which an attribute is there.
func (a attribute) there(at diag.Place) *formula {
	if alwaysThere[a.path] {
		return yes
	}
	return a.ask(present, nil, at)
}

func sortedScalars(values []scalar) []scalar {
	out := slices.Clone(values)
	slices.SortFunc(out, func(a, b scalar) int { return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.kind, b.kind)) })
	return slices.Compact(out)
}

// contains is the condition under which a collection has a member.
func contains(c, x value, at diag.Place) *formula {
	switch c := c.(type) {
	case constant:
		return containsConstant(c.v, x, at)
	case attribute:
		if c.fold != asIs {
			return no
		}
		return equality(attribute{path: c.path + "[]", many: c.plural || c.many, item: c.item}, x, at)
	case keySet:
		return equality(element{of: c.of}, x, at)
	case collection:
		var parts []*formula
		for _, m := range c.members {
			parts = append(parts, all(m.guard, equality(m.value, x, at)))
		}
		return any1(parts...)
	case composite:
		var parts []*formula
		for _, v := range c.values {
			parts = append(parts, equality(v, x, at))
		}
		return any1(parts...)
	case opaque:
		return unsupportedAtom(c.reason, at)
	}
	return unsupportedAtom("looks for a member of what no request tells", at)
}

func containsConstant(c ast.Value, x value, at diag.Place) *formula {
	if a, ok := x.(attribute); ok {
		var scalars []scalar
		for _, m := range constantMembers(c) {
			if s, ok := scalarOf(m.value.(constant).v); ok { //nolint:errcheck,forcetypeassert // members of constants are constants
				scalars = append(scalars, s)
			}
		}
		return oneOf(a, scalars, at)
	}
	var parts []*formula
	for _, m := range constantMembers(c) {
		parts = append(parts, equality(m.value, x, at))
	}
	return any1(parts...)
}

// nonEmpty is the condition under which a collection has a member.
func nonEmpty(c collection) *formula { return atLeast(c.members, 1) }

// atLeast is the condition under which k of the members are there.
func atLeast(members []member, k int) *formula {
	switch {
	case k <= 0:
		return yes
	case k > len(members):
		return no
	case k == 1:
		guards := make([]*formula, len(members))
		for i, m := range members {
			guards[i] = m.guard
		}
		return any1(guards...)
	}
	first, rest := members[0], members[1:]
	return any1(all(first.guard, atLeast(rest, k-1)), all(negate(first.guard), atLeast(rest, k)))
}

// maxCounted bounds the members of a collection whose number is compared with
// more than one.
const maxCounted = 8

// compareSize compares the number of members with a constant.
func compareSize(op string, s size, k constant, at diag.Place) *formula {
	num, ok := k.v.(ast.Number)
	if !ok {
		return truth(op == "neq" || op == "lt" || op == "lte") // numbers sort before other types, null and booleans aside
	}
	n, ok := num.Int()
	if !ok {
		return unsupportedAtom("compares a count with a number that is not whole", at)
	}
	open := false
	for _, m := range s.of.members {
		if _, ok := m.value.(constant); !ok {
			open = true
		}
	}
	reach := func(k int) *formula {
		if k > 1 && (open || len(s.of.members) > maxCounted) {
			return unsupportedAtom("counts the members of an unknown collection; IAM has no operator for it", at)
		}
		return atLeast(s.of.members, k)
	}
	switch op {
	case "gt":
		return reach(n + 1)
	case "gte":
		return reach(n)
	case "lt":
		return negate(reach(n))
	case "lte":
		return negate(reach(n + 1))
	case "neq":
		return negate(all(reach(n), negate(reach(n+1))))
	}
	return all(reach(n), negate(reach(n+1)))
}

// order compares two values with lt, lte, gt or gte.
func order(op string, a, b value, at diag.Place) *formula {
	flip := map[string]string{"lt": "gt", "lte": "gte", "gt": "lt", "gte": "lte"}
	switch x := a.(type) {
	case constant:
		if y, ok := b.(constant); ok {
			c := x.v.Compare(y.v)
			return truth(map[string]bool{"lt": c < 0, "lte": c <= 0, "gt": c > 0, "gte": c >= 0}[op])
		}
		return order(flip[op], b, a, at)
	case size:
		if y, ok := b.(constant); ok {
			return compareSize(op, x, y, at)
		}
	case attribute:
		y, ok := b.(constant)
		if !ok {
			break
		}
		n, ok := scalarOf(y.v)
		if !ok || n.kind != isNumber || x.fold != asIs {
			return unsupportedAtom("orders what is not a number; IAM orders only numbers and dates", at)
		}
		switch op {
		case "lt":
			return x.ask(less, []scalar{n}, at)
		case "lte":
			return x.ask(lessOrEqual, []scalar{n}, at)
		case "gte":
			return negate(x.ask(less, []scalar{n}, at))
		}
		return negate(x.ask(lessOrEqual, []scalar{n}, at))
	case opaque:
		return unsupportedAtom(x.reason, at)
	}
	if o, ok := b.(opaque); ok {
		return unsupportedAtom(o.reason, at)
	}
	return unsupportedAtom("compares two values that are both unknown", at)
}
