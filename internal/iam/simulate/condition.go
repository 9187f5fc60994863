package simulate

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// condition is one operator on one key, compiled. Equal conditions of
// different statements are one, and are judged once for each request.
type condition struct {
	source  iam.Condition
	slot    int32
	negated bool
	null    nullTest
	values  matcher
	vars    []int32 // slots of the variables in the values
	cost    int     // number of values, by which statements order their conditions
}

// nullTest is what a Null operator asks for.
type nullTest uint8

const (
	notNull   nullTest = 0 // it is another operator
	isAbsent  nullTest = 1
	isPresent nullTest = 2
	neither   nullTest = 4 // Null without a usable value
)

// matcher reports whether one value of the request matches any value of the
// policy, before negation.
type matcher interface {
	match(s *scratch, v string) tri
}

func (c *compiler) condition(source iam.Condition, variables bool) condition {
	op := source.Operator
	out := condition{source: source, slot: c.slot(source.Key), negated: op.Negated(), cost: len(source.Values)}
	variables = variables && op.Variables()
	switch op.Family() {
	case iam.NullFamily:
		out.null = neither
		for _, v := range source.Values {
			switch b, ok := iam.ParseBool(v); {
			case ok && b:
				out.null |= isAbsent
			case ok:
				out.null |= isPresent
			}
		}
		return out
	case iam.ARNFamily:
		m := &arnMatcher{}
		for _, v := range source.Values {
			if p, ok := c.arnPattern(v, variables); ok {
				m.patterns = append(m.patterns, p)
				for i := range p.parts {
					out.vars = p.parts[i].slots(out.vars)
				}
			}
		}
		m.index()
		out.values = m
	case iam.NumericFamily:
		out.values = ordered(op.Base, source.Values, iam.ParseNumber)
	case iam.DateFamily:
		out.values = ordered(op.Base, source.Values, iam.ParseDate)
	case iam.IPFamily:
		m := &ipMatcher{}
		for _, v := range source.Values {
			if p, ok := iam.ParsePrefix(v); ok {
				m.ranges = append(m.ranges, p)
			}
		}
		out.values = m
	case iam.BinaryFamily:
		m := &binaryMatcher{}
		for _, v := range source.Values {
			if b, err := base64.StdEncoding.DecodeString(v); err == nil {
				m.values = append(m.values, string(b))
			}
		}
		out.values = m
	case iam.StringFamily, iam.BoolFamily:
		fold := op.Family() == iam.BoolFamily || strings.HasSuffix(op.Base, "IgnoreCase")
		m := &textMatcher{boolean: op.Family() == iam.BoolFamily}
		for _, v := range source.Values {
			m.add(c.pattern(v, op.Wildcards(), variables, fold))
		}
		for i := range m.patterns {
			out.vars = m.patterns[i].slots(out.vars)
		}
		out.values = m
	}
	return out
}

// judge applies the condition to the request. The rules for absent and
// multi-valued keys are those of reference_policies_multi-value-conditions.
func (c *condition) judge(s *scratch) tri {
	v := &s.values[c.slot]
	if v.kind == unknown {
		return maybe
	}
	if c.null != notNull {
		if v.kind == absent {
			return truth(c.null&isAbsent != 0)
		}
		return truth(c.null&isPresent != 0)
	}
	op := &c.source.Operator
	switch op.Set {
	case iam.ForAllValues:
		result := yes // also of no values
		for i := range v.setLen() {
			result = min(result, c.holds(s, v.at(i)))
		}
		return result
	case iam.ForAnyValue:
		result := no // also of no values
		for i := range v.setLen() {
			result = max(result, c.holds(s, v.at(i)))
		}
		return result
	case iam.NoSet:
	}
	switch v.kind {
	case absent:
		return truth(c.negated || op.IfExists)
	case multi:
		return no
	case single, unknown:
	}
	return c.holds(s, v.one)
}

// holds applies the operator to one value: some value of the policy matches,
// or, negated, none does.
func (c *condition) holds(s *scratch, v string) tri {
	if c.negated {
		return c.values.match(s, v).not()
	}
	return c.values.match(s, v)
}

// setLen returns the number of values that a set operator sees. An empty
// string alone is an empty set.
func (v *Value) setLen() int {
	switch v.kind {
	case single:
		if v.one == "" {
			return 0
		}
		return 1
	case multi:
		if len(v.many) == 1 && v.many[0] == "" {
			return 0
		}
		return len(v.many)
	default:
		return 0
	}
}

func (v *Value) at(i int) string {
	if v.kind == single {
		return v.one
	}
	return v.many[i]
}

// textMatcher matches strings, and booleans as strings.
type textMatcher struct {
	exact    map[string]struct{} // plain values, case-sensitive
	patterns []pattern
	boolean  bool // the request's value must be true or false
}

// manyValues is how many plain values are worth a map.
const manyValues = 8

func (m *textMatcher) add(p pattern) {
	m.patterns = append(m.patterns, p)
	plain := func(p pattern) bool { return p.shape == exact && !p.fold }
	if len(m.patterns) < manyValues || !plain(p) {
		return
	}
	if m.exact == nil {
		m.exact = map[string]struct{}{}
	}
	for _, p := range m.patterns {
		if plain(p) {
			m.exact[p.text] = struct{}{}
		}
	}
	m.patterns = slices.DeleteFunc(m.patterns, plain)
}

func (m *textMatcher) match(s *scratch, v string) tri {
	if m.boolean {
		if _, ok := iam.ParseBool(v); !ok {
			return no
		}
	}
	if _, ok := m.exact[v]; ok {
		return yes
	}
	result := no
	for i := range m.patterns {
		if result = max(result, m.patterns[i].match(s, v)); result == yes {
			return yes
		}
	}
	return result
}

// orderedMatcher compares numbers and instants.
type orderedMatcher[T int64 | float64] struct {
	parse  func(string) (T, bool)
	holds  func(request, policy T) bool
	values []T
}

func ordered[T int64 | float64](base string, values []string, parse func(string) (T, bool)) matcher {
	m := &orderedMatcher[T]{parse: parse, holds: func(r, p T) bool { return r == p }}
	switch {
	case strings.HasSuffix(base, "LessThan"):
		m.holds = func(r, p T) bool { return r < p }
	case strings.HasSuffix(base, "LessThanEquals"):
		m.holds = func(r, p T) bool { return r <= p }
	case strings.HasSuffix(base, "GreaterThan"):
		m.holds = func(r, p T) bool { return r > p }
	case strings.HasSuffix(base, "GreaterThanEquals"):
		m.holds = func(r, p T) bool { return r >= p }
	}
	for _, v := range values {
		if p, ok := parse(v); ok {
			m.values = append(m.values, p)
		}
	}
	return m
}

func (m *orderedMatcher[T]) match(_ *scratch, v string) tri {
	r, ok := m.parse(v)
	if !ok {
		return no
	}
	for _, p := range m.values {
		if m.holds(r, p) {
			return yes
		}
	}
	return no
}

// ipMatcher compares addresses with ranges. An IPv4 address lies in no IPv6
// range.
type ipMatcher struct {
	ranges []netip.Prefix
}

func (m *ipMatcher) match(_ *scratch, v string) tri {
	a, ok := iam.ParseAddress(v)
	if !ok {
		return no
	}
	for _, r := range m.ranges {
		if r.Contains(a) {
			return yes
		}
	}
	return no
}

// binaryMatcher compares bytes, both sides in base64.
type binaryMatcher struct {
	values []string
}

func (m *binaryMatcher) match(_ *scratch, v string) tri {
	b, err := base64.StdEncoding.DecodeString(v)
	return truth(err == nil && slices.Contains(m.values, string(b)))
}
