package symbolic

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// sort groups the families of operators that see the same in a value.
type sort uint8

const (
	ofText sort = iota // strings, ARNs and booleans
	ofNumber
	ofDate
	ofAddress
	ofBytes
	sorts // how many there are
)

// test is what a condition asks of one value: that it matches one of the
// policy's. Of text the automaton knows everything, of the others the matches
// function does, and the values next to the policy's are enough to try.
type test struct {
	sort    sort
	globs   []glob
	texts   []string // the values of the policy, for messages
	relaxed []relaxedGlob
	matches func(string) bool // nil where a variable decides

	numbers   []float64
	dates     []int64
	addresses []netip.Prefix
	bytes     []string
}

// relaxedGlob is a pattern with variables, each as if it were a *: whatever the
// pattern matches, it matches too.
type relaxedGlob struct {
	glob glob
	text string // the pattern itself: equal ones match the same values
}

func (t *test) add(g glob, relaxed bool, text string) {
	if relaxed {
		t.relaxed = append(t.relaxed, relaxedGlob{g, text})
		return
	}
	t.globs = append(t.globs, g)
}

// newTest compiles the values of an operator. Those that it cannot read match
// nothing.
func newTest(op iam.Operator, values []string, variables bool) (test, error) {
	t := test{texts: values}
	switch op.Family() {
	case iam.StringFamily:
		m := mode{wildcards: op.Wildcards(), variables: variables, others: anything}
		if strings.HasSuffix(op.Base, "IgnoreCase") {
			m.letters = oneFold
		}
		for _, v := range values {
			g, relaxed := glob{}.compile(v, m)
			t.add(g, relaxed, fmt.Sprint(m, v))
		}
	case iam.BoolFamily:
		t.booleans(values, variables)
	case iam.ARNFamily:
		for _, v := range values {
			if g, relaxed, ok := arnGlob(v, variables, 1); ok {
				t.add(g, relaxed, "arn "+v)
			}
		}
	case iam.NumericFamily:
		t.sort = ofNumber
		t.numbers = parsed(values, iam.ParseNumber)
		t.matches = ordered(op.Base, t.numbers, iam.ParseNumber)
	case iam.DateFamily:
		t.sort = ofDate
		t.dates = parsed(values, iam.ParseDate)
		t.matches = ordered(op.Base, t.dates, iam.ParseDate)
		for _, d := range t.dates {
			if d < firstDate || d > lastDate {
				return t, fmt.Errorf("a date of %s lies outside the years 1 to 9998", op)
			}
		}
	case iam.IPFamily:
		t.sort = ofAddress
		t.addresses = parsed(values, iam.ParsePrefix)
		t.matches = func(v string) bool {
			a, ok := iam.ParseAddress(v)
			return ok && slices.ContainsFunc(t.addresses, func(p netip.Prefix) bool { return p.Contains(a) })
		}
	case iam.BinaryFamily:
		t.sort = ofBytes
		t.bytes = parsed(values, parseBytes)
		t.matches = func(v string) bool {
			b, ok := parseBytes(v)
			return ok && slices.Contains(t.bytes, b)
		}
	case iam.NullFamily:
	}
	return t, nil
}

// booleans compiles the values of Bool: of the request's values only true and
// false can match, in any case, so a variable stands for one of them.
func (t *test) booleans(values []string, variables bool) {
	for _, v := range values {
		for _, known := range []string{"true", "false"} {
			g, relaxed := glob{}.compile(v, mode{variables: variables, letters: oneFold, others: anything})
			if g.matchText(known) {
				exact, _ := glob{}.compile(known, mode{letters: oneFold})
				t.add(exact, relaxed, "bool "+v)
			}
		}
	}
}

func parseBytes(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return string(b), err == nil
}

// parsed returns the values that can be read.
func parsed[T any](values []string, parse func(string) (T, bool)) []T {
	var out []T
	for _, v := range values {
		if p, ok := parse(v); ok {
			out = append(out, p)
		}
	}
	return out
}

// ordered returns the test of an operator of numbers or dates.
func ordered[T int64 | float64](base string, values []T, parse func(string) (T, bool)) func(string) bool {
	holds := func(r, p T) bool { return r == p }
	switch {
	case strings.HasSuffix(base, "LessThan"):
		holds = func(r, p T) bool { return r < p }
	case strings.HasSuffix(base, "LessThanEquals"):
		holds = func(r, p T) bool { return r <= p }
	case strings.HasSuffix(base, "GreaterThan"):
		holds = func(r, p T) bool { return r > p }
	case strings.HasSuffix(base, "GreaterThanEquals"):
		holds = func(r, p T) bool { return r >= p }
	}
	return func(v string) bool {
		r, ok := parse(v)
		return ok && slices.ContainsFunc(values, func(p T) bool { return holds(r, p) })
	}
}

// on tells whether a value matches.
func (t *test) on(v string) maybe {
	if t.matches != nil {
		if t.matches(v) {
			return surely
		}
		return never
	}
	if slices.ContainsFunc(t.globs, func(g glob) bool { return g.matchText(v) }) {
		return surely
	}
	if slices.ContainsFunc(t.relaxed, func(r relaxedGlob) bool { return r.glob.matchText(v) }) {
		return perhaps
	}
	return never
}
