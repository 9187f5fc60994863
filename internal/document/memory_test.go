package document

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// TestMemory: a rule that takes memory without end is an error of that rule, and
// the others answer, also those that are evaluated beside it.
func TestMemory(t *testing.T) {
	const src = `package main

deny_bomb contains msg if {
	xs := [a | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); a := sprintf("%d-%d", [i, j])]
	count(xs) > 5
	msg := input.format_version
}

deny_fine contains "fine" if input.format_version

deny_busy contains "busy" if count([1 | some i in numbers.range(1, 300); some j in numbers.range(1, 300); i * j > 0]) > 5
`
	p, ds := New(Options{Modules: []engine.Module{{Path: "a.rego", Source: []byte(src)}}, Memory: 64 << 20, Jobs: 2})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	in, err := input.Load(t.Context(), "-", strings.NewReader(`{"format_version":"1.2","planned_values":{},"resource_changes":[]}`),
		input.Options{Document: p.Projection(), OnlyDocument: true})
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Check(t.Context(), in.Document, File{Name: "plan.json"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]finding.Finding{}
	for _, f := range res.Findings {
		got[f.Policy] = f
	}
	if f := got["main.deny_bomb"]; f.Status != finding.Error || !strings.Contains(f.Message, "more than 64 MB of memory") {
		t.Errorf("%+v", f)
	}
	for _, id := range []string{"main.deny_fine", "main.deny_busy"} {
		if got[id].Status != finding.Violation {
			t.Errorf("%s: %+v", id, got[id])
		}
	}
}
