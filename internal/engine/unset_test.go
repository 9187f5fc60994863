package engine

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestUnset: an argument that the code does not set counts as absent, though
// its value is known only after apply. A block that is not set may be a dynamic
// one, so that it passes nothing by being absent.
func TestUnset(t *testing.T) {
	const policy = `# METADATA
# title: t
# custom:
#   id: acme-t
#   severity: high
package acme.t

deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	CONDITION
}
`
	marked := func(names ...string) map[string]any {
		m := map[string]any{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	for _, tt := range []struct {
		name, condition string
		unknown, unset  map[string]any
		want            finding.Status // empty: it passes
	}{
		{"must be set", `not input.resource.values.key`, marked("key"), marked("key"), finding.Violation},
		{"must be set, by an expression", `not input.resource.values.key`, marked("key"), nil, finding.Unknown},
		{"must not be public", `input.resource.values.acl == "public"`, marked("acl"), marked("acl"), ""},
		{"must not be public, by an expression", `input.resource.values.acl == "public"`, marked("acl"), nil, finding.Unknown},
		{"block must be there", `not input.resource.values.options[0].tokens == "required"`, marked("options"), marked("options"), finding.Violation},
		{"block must not be open", `input.resource.values.ingress[_].open == true`, marked("ingress"), marked("ingress"), finding.Unknown},
		{"one of two is set", `not input.resource.values.a == input.resource.values.b`, marked("a", "b"), marked("a"), finding.Violation},
		{"the other decides", `input.resource.values.b == "x"`, marked("a", "b"), marked("a"), finding.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := mustNew(t, Module{Path: "policy.rego", Source: []byte(strings.Replace(policy, "CONDITION", tt.condition, 1))})
			r := &resource.Resource{
				Type: "aws_x", Name: "a", Address: "aws_x.a", Actions: []resource.Action{resource.ActionCreate},
				Values: map[string]any{}, Unknown: tt.unknown,
			}
			if tt.unset != nil {
				r.Unset = tt.unset
			}
			res := check(t, e, r)
			var got finding.Status
			if len(res.Findings) > 0 {
				got = res.Findings[0].Status
			}
			if got != tt.want {
				t.Errorf("%q, want %q: %+v", got, tt.want, res.Findings)
			}
		})
	}
}
