package iam_test

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
)

func TestParseOperator(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in      string
		want    string // empty: an error
		negated bool
		family  iam.Family
	}{
		{"stringequals", "StringEquals", false, iam.StringFamily},
		{"FORALLVALUES:STRINGNOTLIKEIFEXISTS", "ForAllValues:StringNotLikeIfExists", true, iam.StringFamily},
		{"ForAnyValue:ArnNotEquals", "ForAnyValue:ArnNotEquals", true, iam.ARNFamily},
		{"NotIpAddress", "NotIpAddress", true, iam.IPFamily},
		{"NULL", "Null", false, iam.NullFamily},
		{"dateGreaterThanEquals", "DateGreaterThanEquals", false, iam.DateFamily},
		{"BoolIfExists", "BoolIfExists", false, iam.BoolFamily},
		{"BinaryEquals", "BinaryEquals", false, iam.BinaryFamily},
		{"NumericNotEquals", "NumericNotEquals", true, iam.NumericFamily},
		{"NullIfExists", "", false, 0},
		{"IfExists", "", false, 0},
		{"ForNoValue:StringEquals", "", false, 0},
		{"ForAnyValue:", "", false, 0},
		{"StringMatches", "", false, 0},
	} {
		got, err := iam.ParseOperator(tt.in)
		if (err != nil) != (tt.want == "") {
			t.Errorf("%s: got %v, %v", tt.in, got, err)
			continue
		}
		if err != nil {
			continue
		}
		if got.String() != tt.want || got.Negated() != tt.negated || got.Family() != tt.family {
			t.Errorf("%s: got %s, negated %t, family %d", tt.in, got, got.Negated(), got.Family())
		}
	}
	names := iam.Operators()
	if len(names) != 27 || !slices.IsSorted(names) {
		t.Errorf("got %d operators: %v", len(names), names)
	}
	for _, name := range names {
		op, err := iam.ParseOperator(strings.ToUpper(name))
		if err != nil || op.Base != name {
			t.Errorf("%s reads as %v, %v", name, op, err)
		}
		if wild := strings.Contains(name, "Like") || strings.HasPrefix(name, "Arn"); op.Wildcards() != wild {
			t.Errorf("%s: wildcards %t", name, op.Wildcards())
		}
		if vars := strings.HasPrefix(name, "String") || strings.HasPrefix(name, "Arn") || name == "Bool"; op.Variables() != vars {
			t.Errorf("%s: variables %t", name, op.Variables())
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	type match func(pattern, s string) bool
	for _, tt := range []struct {
		name       string
		match      match
		pattern, s string
		want       bool
	}{
		{"Match", iam.Match, "", "", true},
		{"Match", iam.Match, "", "a", false},
		{"Match", iam.Match, "*", "", true},
		{"Match", iam.Match, "a*b*c", "aXbYbc", true},
		{"Match", iam.Match, "a*b*c", "acb", false},
		{"Match", iam.Match, "?", "ü", true},
		{"Match", iam.Match, "??", "ü", false},
		{"Match", iam.Match, "*ü?", "aüb", true},
		{"Match", iam.Match, "A", "a", false},
		{"Match", iam.Match, "a**", "a", true},
		{"MatchAction", iam.MatchAction, "EC2:run*", "ec2:RunInstances", true},
		{"MatchAction", iam.MatchAction, "ec2:Run", "ec2:RunInstances", false},
		{"MatchARN", iam.MatchARN, "arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/ab/c", true},
		{"MatchARN", iam.MatchARN, "arn:aws:*:role/a*", "arn:aws:iam::111122223333:role/ab", false},
		{"MatchARN", iam.MatchARN, "*", "arn:aws:iam::111122223333:role/ab", false},
		{"MatchARN", iam.MatchARN, "arn:*:*:*:*:*", "role", false},
		{"MatchResource", iam.MatchResource, "*", "*", true},
		{"MatchResource", iam.MatchResource, "arn:*", "*", false},
		{"MatchResource", iam.MatchResource, "arn:*", "arn:aws:s3:::b", true},
		{"MatchResource", iam.MatchResource, "arn:aws:s3:*", "arn:aws:s3:::b/a:b", true},
		{"MatchResource", iam.MatchResource, "arn:aws:s3", "arn:aws:s3:::b", false},
		{"MatchResource", iam.MatchResource, "arn:aws:s3:::b/${a:b:c}*", "arn:aws:s3:::b/${a:b:c}d", true},
		{"MatchResource", iam.MatchResource, "/q*", "/queue", true},
		{"MatchResource", iam.MatchResource, "/q*", "arn:aws:sqs:eu-west-1:1:q", false},
		{"MatchResource", iam.MatchResource, "arn:aws:s3:::b", "queue", false},
	} {
		if got := tt.match(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%s(%q, %q) = %t", tt.name, tt.pattern, tt.s, got)
		}
	}
}

func TestSplitARN(t *testing.T) {
	t.Parallel()
	got, ok := iam.SplitARN("arn:aws:logs:eu-west-1:111122223333:log-group:a:b")
	if want := (iam.ARN{Partition: "aws", Service: "logs", Region: "eu-west-1", Account: "111122223333", Resource: "log-group:a:b"}); !ok || got != want {
		t.Errorf("got %+v, %t", got, ok)
	}
	for _, s := range []string{"", "arn", "arn:aws:s3::", "urn:aws:s3:::b"} {
		if _, ok := iam.SplitARN(s); ok {
			t.Errorf("%q is taken for an ARN", s)
		}
	}
}

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	literal := func(s string) iam.Token { return iam.Token{Kind: iam.Literal, Text: s} }
	run, one := iam.Token{Kind: iam.AnyRun}, iam.Token{Kind: iam.AnyOne}
	for _, tt := range []struct {
		in   string
		vars bool
		want []iam.Token
	}{
		{"", true, nil},
		{"a*?b", true, []iam.Token{literal("a"), run, one, literal("b")}},
		{"**", false, []iam.Token{run, run}},
		{"${aws:username}", true, []iam.Token{{Kind: iam.Variable, Text: "aws:username"}}},
		{"${aws:username}", false, []iam.Token{literal("${aws:username}")}},
		{"a${*}${?}${$}b", true, []iam.Token{literal("a*?$b")}},
		{"${k, 'd'}/*", true, []iam.Token{{Kind: iam.Variable, Text: "k", Default: "d", HasDefault: true}, literal("/"), run}},
		{"${k, d}", true, []iam.Token{{Kind: iam.Variable, Text: "k"}}},
		{"$a${b", true, []iam.Token{literal("$a${b")}},
		{"${}", true, []iam.Token{literal("${}")}},
		{"a${ }${", true, []iam.Token{literal("a${ }${")}},
	} {
		if got := iam.ParseTemplate(tt.in, tt.vars); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %+v, want %+v", tt.in, got, tt.want)
		}
	}
	for s, want := range map[string]bool{"": false, "${": false, "${}${a}": true, "a${*}": true, "$": false, "${}": false, "${}x${}": false} {
		if got := iam.HasVariables(s); got != want {
			t.Errorf("HasVariables(%q) = %t", s, got)
		}
	}
	const text = "a*b?c$d${e}"
	tokens := iam.ParseTemplate(iam.Escape(text), true)
	if len(tokens) != 1 || tokens[0] != literal(text) {
		t.Errorf("%q is escaped as %q", text, iam.Escape(text))
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{
		"1970-01-01T00:00:01Z": 1e6, "1970-01-01T00:00:00.5Z": 5e5, "1970-01-01T01:00+01:00": 0, "1970-01-01": 0, "1970-01": 0, "1970": 0,
		"1970-01-01T00:00:01": 1e6, "1970-01-01T01:00:00+0100": 0, "10": 1e7, "-1": -1e6, "1.5": 15e5, "99999": 99999e6,
	} {
		if got, ok := iam.ParseDate(s); !ok || got != want {
			t.Errorf("date %q: got %d, %t", s, got, ok)
		}
	}
	for _, s := range []string{"", "soon", "1970-13-01", "1.2.3", "99999999999999999", "-", "."} {
		if got, ok := iam.ParseDate(s); ok {
			t.Errorf("date %q: got %d", s, got)
		}
	}
	for s, want := range map[string]float64{"1": 1, "-1.5": -1.5, "+2": 2, "1e3": 1000} {
		if got, ok := iam.ParseNumber(s); !ok || got != want {
			t.Errorf("number %q: got %g, %t", s, got, ok)
		}
	}
	for _, s := range []string{"", "inf", "NaN", "0x1", "1_000", " 1"} {
		if _, ok := iam.ParseNumber(s); ok {
			t.Errorf("%q is taken for a number", s)
		}
	}
	for s, want := range map[string][2]bool{"true": {true, true}, "TRUE": {true, true}, "False": {false, true}, "1": {}} {
		if value, ok := iam.ParseBool(s); value != want[0] || ok != want[1] {
			t.Errorf("bool %q: got %t, %t", s, value, ok)
		}
	}
	for s, want := range map[string]string{"10.1.2.3": "10.1.2.3/32", "10.1.2.3/8": "10.0.0.0/8", "::1": "::1/128", "2001:db8::1/32": "2001:db8::/32"} {
		if got, ok := iam.ParsePrefix(s); !ok || got.String() != want {
			t.Errorf("range %q: got %s, %t", s, got, ok)
		}
	}
	for _, s := range []string{"", "10", "10.0.0.0/33", "fe80::1%eth0", "a.b.c.d"} {
		if _, ok := iam.ParsePrefix(s); ok {
			t.Errorf("%q is taken for a range", s)
		}
	}
}

// TestMatchRandom compares the matching with regular expressions.
func TestMatchRandom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	text := func(alphabet string, n int) string {
		var b strings.Builder
		for range random.IntN(n) {
			b.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	matched := 0
	for range 20_000 {
		pattern, s := text("aab*?:", 8), text("aab:", 10)
		expr := strings.NewReplacer("*", ".*", "?", ".").Replace(pattern)
		want := regexp.MustCompile("^" + expr + "$").MatchString(s)
		if got := iam.Match(pattern, s); got != want {
			t.Fatalf("Match(%q, %q) = %t", pattern, s, got)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matched", matched)
	}
}

func TestCompareConditions(t *testing.T) {
	t.Parallel()
	c := func(op, key string, values ...string) iam.Condition {
		return iam.Condition{Operator: iam.Operator{Base: op}, Key: key, Values: values}
	}
	sorted := []iam.Condition{c("Bool", "b"), c("StringLike", "a", "1"), c("StringLike", "a", "2"), c("StringLike", "b", "1")}
	shuffled := []iam.Condition{sorted[3], sorted[1], sorted[0], sorted[2]}
	slices.SortFunc(shuffled, iam.CompareConditions)
	if !reflect.DeepEqual(shuffled, sorted) {
		t.Errorf("got %+v", shuffled)
	}
}
