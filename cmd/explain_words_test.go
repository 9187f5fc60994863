package cmd

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

func condition(t *testing.T, op, key string, values ...string) iam.Condition {
	t.Helper()
	parsed, err := iam.ParseOperator(op)
	if err != nil {
		t.Fatal(err)
	}
	return iam.Condition{Operator: parsed, Key: key, Values: values}
}

func TestConditionWords(t *testing.T) {
	for _, c := range []struct {
		op     string
		values []string
		want   string
	}{
		{"StringEquals", []string{"a"}, `k is "a"`},
		{"StringEquals", []string{"a", "b", "c"}, `k is "a", "b" or "c"`},
		{"StringEqualsIfExists", []string{"a"}, `k is "a", or the request does not carry it`},
		{"StringNotEquals", []string{"a", "b"}, `k is not "a" or "b", or the request does not carry it`},
		{"StringEqualsIgnoreCase", []string{"a"}, `k is "a", whatever the case of letters`},
		{"StringLike", []string{"a*"}, `k matches "a*"`},
		{"StringNotLike", []string{"a*"}, `k does not match "a*", or the request does not carry it`},
		{"ArnNotLike", []string{"arn:*"}, `k does not match "arn:*", or the request does not carry it`},
		{"ArnEquals", []string{"arn:*"}, `k matches "arn:*"`},
		{"Bool", []string{"true"}, "k is true"},
		{"BoolIfExists", []string{"false"}, "k is false, or the request does not carry it"},
		{"Null", []string{"true"}, "the request does not carry k"},
		{"Null", []string{"false"}, "the request carries k"},
		{"NumericLessThan", []string{"7"}, `k is less than "7"`},
		{"NumericLessThanEqualsIfExists", []string{"7"}, `k is at most "7", or the request does not carry it`},
		{"NumericGreaterThan", []string{"7"}, `k is more than "7"`},
		{"NumericGreaterThanEquals", []string{"7"}, `k is at least "7"`},
		{"NumericNotEquals", []string{"7"}, `k is not "7", or the request does not carry it`},
		{"DateGreaterThanEquals", []string{"2027-01-01"}, `k is not before "2027-01-01"`},
		{"DateLessThan", []string{"2027-01-01"}, `k is before "2027-01-01"`},
		{"IpAddress", []string{"10.0.0.0/8"}, `k is within "10.0.0.0/8"`},
		{"NotIpAddress", []string{"10.0.0.0/8"}, `k is outside "10.0.0.0/8", or the request does not carry it`},
		{"ForAnyValue:StringEquals", []string{"a"}, `some value of k is "a"`},
		{"ForAllValues:StringNotLike", []string{"a"}, `every value of k does not match "a", or the request does not carry it`},
	} {
		if got := conditionWords(condition(t, c.op, "k", c.values...)); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.op, c.values, got, c.want)
		}
	}
}

// The words say of a request without the key what the simulator says.
func TestConditionWordsWithoutKey(t *testing.T) {
	for _, name := range iam.Operators() {
		for _, op := range []string{name, name + "IfExists", "ForAnyValue:" + name, "ForAllValues:" + name} {
			parsed, err := iam.ParseOperator(op)
			if err != nil {
				continue // Null takes no modifiers
			}
			value := map[iam.Family]string{
				iam.NullFamily: "true", iam.BoolFamily: "true", iam.NumericFamily: "1", iam.DateFamily: "2027-01-01T00:00:00Z",
				iam.IPFamily: "10.0.0.0/8", iam.BinaryFamily: "QQ==",
			}[parsed.Family()]
			if value == "" {
				value = "arn:aws:iam::111122223333:role/x"
			}
			c := iam.Condition{Operator: parsed, Key: "aws:Something", Values: []string{value}}
			p := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{Effect: iam.Deny, Actions: []string{"*"}, Resources: []string{"*"}, Conditions: []iam.Condition{c}}}}
			denied, _ := simulate.Denies(p, &simulate.Request{Principal: "arn:aws:iam::111122223333:role/x", Action: "s3:GetObject", Resource: "*"})
			if said := strings.Contains(conditionWords(c), "does not carry"); said != denied {
				t.Errorf("%s without the key: %v, but the words are %q", op, denied, conditionWords(c))
			}
		}
	}
}
