package simulate_test

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// TestQuestionMarkIsOneCharacter: a character of several bytes is one, wherever
// the pattern may begin.
func TestQuestionMarkIsOneCharacter(t *testing.T) {
	for _, tt := range []struct {
		pattern, value string
		want           bool
	}{
		{"*??*", "€", false},
		{"*??*", "€€", true},
		{"*?a*", "€a", true},
		{"*?*", "€", true},
		{"??", "€", false},
	} {
		op, err := iam.ParseOperator("StringLike")
		if err != nil {
			t.Fatal(err)
		}
		p := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{{
			Effect: iam.Deny, Actions: []string{"*"}, Resources: []string{"*"},
			Conditions: []iam.Condition{{Operator: op, Key: "k", Values: []string{tt.pattern}}},
		}}}
		got, _ := simulate.Denies(p, &simulate.Request{Action: "s3:GetObject", Resource: "*", Context: map[string]simulate.Value{"k": simulate.Single(tt.value)}})
		if got != tt.want {
			t.Errorf("%q like %q: %v, want %v", tt.value, tt.pattern, got, tt.want)
		}
	}
}
