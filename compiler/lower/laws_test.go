package lower

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/diag"
)

// matchAny reports whether any pattern accepts s.
func matchAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matchPattern(p, s) })
}

func TestRegexToWildcards(t *testing.T) {
	for _, tt := range []struct {
		regex string
		want  []string
		err   string
	}{
		{`^(t3|m5)\..*$`, []string{"t3.*", "m5.*"}, ""},
		{`metal`, []string{"*metal*"}, ""},
		{`^a.c$`, []string{"a?c"}, ""},
		{`^t[34]g?\.`, []string{"t3.*", "t3g.*", "t4.*", "t4g.*"}, ""},
		{`^x.+y$`, []string{"x?*y"}, ""},
		{`^lit\*\?\$$`, []string{"lit${*}${?}${$}"}, ""},
		{`^a{2}$`, []string{"aa"}, ""},
		{`^[a-z]+[0-9]{2,}x?\.`, nil, "repeats something other"},
		{`(?i)^prod`, nil, "ignores case"},
		{`a^b`, nil, "anchor stands inside"},
		{`^[^a]$`, nil, "too many characters"},
		{`(`, nil, "does not parse"},
	} {
		got, err := regexToWildcards(tt.regex)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, %v; want an error with %q", tt.regex, got, err, tt.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.regex, got, err, tt.want)
		}
	}
}

// FuzzRegexToWildcards states the law: what is converted accepts the same
// strings as the expression.
func FuzzRegexToWildcards(f *testing.F) {
	for _, s := range []string{`^(t3|m5)\..*$`, `metal`, `^a.c$`, `^t[34]g?\.`, `^x.+y$`, `^lit\*\?\$$`, `(a|b)*`, `^$`, `a|^b|c$`} {
		f.Add(s, "t3.micro")
		f.Add(s, "a${*}c")
	}
	f.Fuzz(func(t *testing.T, expr, s string) {
		patterns, err := regexToWildcards(expr)
		if err != nil || strings.ContainsAny(s, "\n\r\ue000\ue001") || !ascii(expr) || !ascii(s) {
			return
		}
		if got, want := matchAny(patterns, s), regexp.MustCompile(expr).MatchString(s); got != want {
			t.Errorf("%q as %q on %q: %v, want %v", expr, patterns, s, got, want)
		}
	})
}

// FuzzGlobToWildcard: a pattern accepts what the glob accepts, and no more
// unless it says so.
func FuzzGlobToWildcard(f *testing.F) {
	for _, s := range []string{"t3.*", "*", "a?c", "**.x", "lit$"} {
		f.Add(s, "t3.micro", 0)
		f.Add(s, "t3.a.b", 1)
	}
	f.Fuzz(func(t *testing.T, pattern, s string, mode int) {
		delimiters := []ast.Value{ast.Null{}, ast.NewArray(), ast.NewArray(ast.StringTerm("/"))}[uint(mode)%3]
		text, wider, err := globToWildcard(pattern, delimiters)
		if err != nil || !ascii(pattern) || !ascii(s) || strings.ContainsAny(s+pattern, "\n\r") {
			return
		}
		want := false
		run := topdown.GetBuiltin("glob.match")
		err = run(topdown.BuiltinContext{}, []*ast.Term{ast.StringTerm(pattern), ast.NewTerm(delimiters), ast.StringTerm(s)}, func(r *ast.Term) error {
			want = r.Value.Compare(ast.Boolean(true)) == 0
			return nil
		})
		if err != nil {
			return
		}
		got := matchPattern(text, s)
		if want && !got || got && !want && wider == "" {
			t.Errorf("glob %q with %v as %q (wider %q) on %q: %v, want %v", pattern, delimiters, text, wider, s, got, want)
		}
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 || r < 32 })
}

// FuzzDisjuncts states the law of the disjunctive form: for every assignment of
// the attributes, the formula holds when one of the disjuncts does.
func FuzzDisjuncts(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte("not and or of atoms, nested"))
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 24 {
			return
		}
		fm := build(program)
		kindOf := func(path string) kind {
			return map[string]kind{"s": stringKind, "b": boolKind, "n": numberKind}[path]
		}
		ds, ok := disjuncts(fm, diag.Place{}, kindOf)
		if !ok {
			return
		}
		for _, s := range []string{"", "a", "b", "ab"} {
			for _, b := range []string{"", "true", "false"} {
				for _, n := range []string{"", "1", "2", "3"} {
					at := assignment{"s": {isString, s}, "b": {isBool, b}, "n": {isNumber, n}}
					want := at.holds(fm)
					got := slices.ContainsFunc(ds, at.satisfies)
					if got != want {
						t.Fatalf("%s under %v: %v, want %v\n%v", show(fm), at, got, want, ds)
					}
				}
			}
		}
	})
}

// build makes a formula of bytes, as a stack machine would.
func build(program []byte) *formula {
	leaves := []atom{
		{path: "s", test: present},
		{path: "b", test: present},
		{path: "n", test: present},
		{path: "s", test: equal, values: []scalar{{isString, "a"}}},
		{path: "s", test: equal, values: []scalar{{isString, "a"}, {isString, "b"}}},
		{path: "s", test: like, values: []scalar{{isString, "a*"}}},
		{path: "b", test: equal, values: []scalar{{isBool, "true"}}},
		{path: "b", test: equal, values: []scalar{{isBool, "false"}}},
		{path: "n", test: less, values: []scalar{{isNumber, "2"}}},
		{path: "n", test: lessOrEqual, values: []scalar{{isNumber, "2"}}},
		{path: "n", test: equal, values: []scalar{{isNumber, "2"}}},
	}
	stack := []*formula{yes}
	for _, op := range program {
		top := stack[len(stack)-1]
		switch {
		case op%5 == 0:
			stack[len(stack)-1] = negate(top)
		case op%5 == 1 && len(stack) > 1:
			stack = append(stack[:len(stack)-2], all(stack[len(stack)-2], top))
		case op%5 == 2 && len(stack) > 1:
			stack = append(stack[:len(stack)-2], any1(stack[len(stack)-2], top))
		default:
			stack = append(stack, atomOf(leaves[int(op)%len(leaves)]))
		}
	}
	return any1(stack...)
}

// assignment gives each attribute a value; an empty text means missing.
type assignment map[string]scalar

func (a assignment) holds(f *formula) bool {
	switch f.op {
	case isAtom:
		v := a[f.atom.path]
		return v.text != "" && meets(v, f.atom)
	case not:
		return !a.holds(f.parts[0])
	case or:
	case and:
		return !slices.ContainsFunc(f.parts, func(p *formula) bool { return !a.holds(p) })
	}
	return slices.ContainsFunc(f.parts, a.holds)
}

func (a assignment) satisfies(d disjunct) bool {
	for path, c := range d.on {
		v := a[path]
		if v.text == "" {
			if !c.missing {
				return false
			}
			continue
		}
		if !c.value || slices.ContainsFunc(c.pos, func(x *atom) bool { return !meets(v, x) }) ||
			slices.ContainsFunc(c.neg, func(x *atom) bool { return meets(v, x) }) {
			return false
		}
	}
	return true
}

// show writes a formula for a failure message.
func show(f *formula) string {
	if f.op == isAtom {
		return fmt.Sprintf("%s/%d%v", f.atom.path, f.atom.test, f.atom.values)
	}
	parts := make([]string, len(f.parts))
	for i, p := range f.parts {
		parts[i] = show(p)
	}
	return fmt.Sprintf("%s(%s)", map[connective]string{and: "and", or: "or", not: "not"}[f.op], strings.Join(parts, " "))
}
