package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/resource"
)

// caseResource is a resource of a case file.
type caseResource struct {
	Type, Address, ID, ARN, Account string
	Actions                         []resource.Action
	Values, Before                  map[string]any
	Unknown, Sensitive              any
	Refs                            []string
}

func archives(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	return files
}

// modules splits a section into modules at lines like "== name.rego".
func modules(src []byte) []Module {
	var list []Module
	for _, part := range strings.Split("\n"+string(src), "\n== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		list = append(list, Module{Path: name, Source: []byte(text)})
	}
	return list
}

// TestCases evaluates policies on resources and compares the findings.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "check") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(file))
			e := mustNew(t, modules(a.Input("policies"))...)
			var list []caseResource
			dec := json.NewDecoder(bytes.NewReader(a.Input("resources.json")))
			dec.UseNumber()
			if err := dec.Decode(&list); err != nil {
				t.Fatal(err)
			}
			var rs []*resource.Resource
			for _, c := range list {
				rs = append(rs, &resource.Resource{
					Type: c.Type, Address: c.Address, ID: c.ID, ARN: c.ARN, Account: c.Account, Origin: resource.OriginPlan,
					Actions: c.Actions, Values: c.Values, Before: c.Before, Unknown: c.Unknown, Sensitive: c.Sensitive, Refs: c.Refs,
				})
			}
			var reads strings.Builder
			for _, p := range e.Policies() {
				fmt.Fprintf(&reads, "%s\n  types %v\n  attributes %v\n  related %v\n", p.ID, p.Types, p.Attributes, p.Related)
			}
			a.Want("out/policies", reads.String())
			res := check(t, e, rs...)
			var found strings.Builder
			for _, f := range res.Findings {
				writeFinding(t, &found, f)
			}
			fmt.Fprintf(&found, "%d passed\n", res.Passed)
			a.Want("out/findings", found.String())
		})
	}
}

func writeFinding(t *testing.T, b *strings.Builder, f finding.Finding) {
	t.Helper()
	observed, err := json.Marshal(f.Observed)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "%s %s %s\n  %s\n  attributes %v\n  observed %s\n", f.Status, f.Policy, f.Resource.Address, f.Message, f.Attributes, observed)
	if f.DependsOn != nil {
		fmt.Fprintf(b, "  depends on %v\n", f.DependsOn)
	}
}

// TestErrors compiles policies that must be refused and compares what is said.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "errors") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(file))
			e, ds := New(Options{Modules: modules(a.Input("policies"))})
			if e != nil || !ds.HasErrors() {
				t.Error("the policies are taken")
			}
			var b strings.Builder
			if err := (diag.Writer{Out: &b}).Write(ds...); err != nil {
				t.Fatal(err)
			}
			a.Want("out/diagnostics", b.String())
		})
	}
}
