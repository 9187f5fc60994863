package document

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

var testAddresses = newAddresses(map[string]string{
	"aws_x.a":                           "aws_x",
	"aws_x.a[0]":                        "aws_x",
	`aws_x.a["k.e] y"]`:                 "aws_x",
	`module.m["x"].module.n[1].aws_y.b`: "aws_y",
	"module.m.aws_x.a":                  "aws_x",
	"aws_x.a-b":                         "aws_x",
})

func TestAddressOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, result, want string
	}{
		{"whole message", `"aws_x.a"`, "aws_x.a"},
		{"at the end of a sentence", `"look at aws_x.a."`, "aws_x.a"},
		{"quoted", `"'aws_x.a' is bad"`, "aws_x.a"},
		{"with an index", `"aws_x.a[0] is bad"`, "aws_x.a[0]"},
		{"an index that is not there", `"aws_x.a[7] is bad"`, "aws_x.a"},
		{"a key with all kinds of characters", `"bad: aws_x.a[\"k.e] y\"]"`, `aws_x.a["k.e] y"]`},
		{"a key that the message quotes", "`see \"aws_x.a[\\\"k.e] y\\\"]\"`", `aws_x.a["k.e] y"]`},
		{"in modules", `"module.m[\"x\"].module.n[1].aws_y.b: bad"`, `module.m["x"].module.n[1].aws_y.b`},
		{"not a part of another", `"module.m.aws_x.a is bad"`, "module.m.aws_x.a"},
		{"not the end of another", `"module.other.aws_x.a is bad"`, ""},
		{"not the beginning of another", `"aws_x.ab is bad"`, ""},
		{"the longest", `"aws_x.a-b is bad"`, "aws_x.a-b"},
		{"with an attribute", `"aws_x.a.tags.owner is missing"`, "aws_x.a"},
		{"the first of two", `"aws_x.a[0] refers to aws_x.a"`, "aws_x.a[0]"},
		{"none", `"the plan is bad"`, ""},
		{"a member", `{"msg": "bad", "address": "aws_x.a"}`, "aws_x.a"},
		{"a member before the message", `{"msg": "aws_x.a-b", "resource": "aws_x.a"}`, "aws_x.a"},
		{"a member that is no address", `{"msg": "aws_x.a-b", "resource": {"a": 1}, "address": "else"}`, "aws_x.a-b"},
		{"brackets that do not end", `"aws_x.a[\"k"`, "aws_x.a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := decode(ast.MustParseTerm(tt.result))
			if err != nil {
				t.Fatal(err)
			}
			if got := testAddresses.of(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzAddresses: what is found is an address that stands in the text, and every
// address alone is found.
func FuzzAddresses(f *testing.F) {
	for a := range testAddresses.types {
		f.Add(a, " is bad")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		for a := range testAddresses.types {
			if got := testAddresses.first("«" + a + "» "); got != "" && testAddresses.types[got] == "" {
				t.Errorf("%q gave %q", a, got)
			}
			if got := testAddresses.first(before + a + after); got != "" && testAddresses.types[got] == "" {
				t.Errorf("%q gave %q", before+a+after, got)
			}
			if got := testAddresses.first(" " + a + " "); got != a {
				t.Errorf("%q gave %q", a, got)
			}
		}
	})
}
