package engine

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

const suggesting = `# METADATA
# title: t
# custom:
#   id: a
#   severity: low
package a

deny contains {"msg": "x"} if input.resource.type == "aws_iam_access_key"

suggestion contains {"principals": users, "reason": "has a key"} if {
	users := {k.values.user | some k in input.resources.aws_iam_access_key}
}
`

func TestSuggestions(t *testing.T) {
	t.Parallel()
	e, ds := New(Options{Modules: []Module{{Path: "a.rego", Source: []byte(suggesting)}}})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	key := func(user string) *resource.Resource {
		return &resource.Resource{Type: "aws_iam_access_key", Values: map[string]any{"user": user, "secret": "hunter2"}}
	}
	secret := key("hidden")
	secret.Sensitive = map[string]any{"user": true}
	live := []*resource.Resource{key("b"), key("a"), key("a"), secret, {Type: "aws_vpc", Values: map[string]any{"user": "c"}}}
	got, err := e.Suggestions(t.Context(), "a", nil, live)
	if err != nil || len(got) != 1 || strings.Join(got[0].Principals, " ") != "(sensitive) a b" || got[0].Reason != "has a key" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := e.Suggestions(t.Context(), "a", nil, nil); err != nil || len(got) != 0 {
		t.Errorf("without resources: %+v, %v", got, err)
	}
	for name, rule := range map[string]string{
		"reason": `suggestion contains {"principals": ["x"]}`,
		"member": `suggestion contains {"principals": ["x"], "reason": "r", "owner": "me"}`,
		"object": `suggestion contains "x"`,
	} {
		e, ds := New(Options{Modules: []Module{{Path: "a.rego", Source: []byte(strings.SplitAfter(suggesting, "suggestion")[0][:strings.Index(suggesting, "suggestion")] + rule + "\n")}}})
		if err := ds.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := e.Suggestions(t.Context(), "a", nil, nil); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Only the suggestion rule sees all resources: in deny it would be a slip.
	slip := strings.Replace(suggesting, "input.resource.type", "input.resources.type", 1)
	if _, ds := New(Options{Modules: []Module{{Path: "a.rego", Source: []byte(slip)}}}); !ds.HasErrors() {
		t.Error("input.resources in deny is let pass")
	}
}
