package document_test

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// TestContain: what makes the evaluator panic ends one evaluation, and no run.
func TestContain(t *testing.T) {
	t.Parallel()
	p, ds := document.New(document.Options{Modules: []engine.Module{{Path: "p.rego", Source: []byte(
		"package main\nimport rego.v1\ndeny contains \"big\" if input.x > 3\nwarn contains \"fine\" if input.y == 1\n")}}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	doc := &input.Document{Value: ast.ObjectTerm(
		[2]*ast.Term{ast.StringTerm("x"), ast.NewTerm(ast.Number("1E2345678901234567890"))},
		[2]*ast.Term{ast.StringTerm("y"), ast.IntNumberTerm(1)},
	)}
	res, err := p.Check(t.Context(), doc, document.File{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]finding.Status{}
	for _, f := range res.Findings {
		got[f.Policy] = f.Status
	}
	if got["main.deny"] != finding.Error || got["main.warn"] != finding.Violation || len(got) != 2 {
		t.Errorf("%+v", res.Findings)
	}
}
