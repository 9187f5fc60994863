package engine

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// TestUnknownInsideNewForms: `not { … }` and `or` of the coming Rego read values
// too. A read that is missed would count an unknown value as absent.
func TestUnknownInsideNewForms(t *testing.T) {
	for _, condition := range []string{
		`not { input.resource.values.key == "a" }`,
		`input.resource.values.key == "a" or input.resource.values.other == "b"`,
	} {
		e := mustNew(t, Module{Path: "policy.rego", Source: []byte(`# METADATA
# title: t
# custom:
#   id: acme-t
#   severity: high
package acme.t

import rego.v2

deny contains {"msg": "m"} if {
	input.resource.type == "aws_x"
	` + condition + `
}
`)})
		res := check(t, e, &resource.Resource{
			Type: "aws_x", Name: "a", Address: "aws_x.a", Actions: []resource.Action{resource.ActionCreate},
			Values: map[string]any{}, Unknown: map[string]any{"key": true},
		})
		if len(res.Findings) != 1 || res.Findings[0].Status != finding.Unknown {
			t.Errorf("%s: %+v, want unknown", condition, res.Findings)
		}
	}
}
