package compiler_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/iam"
)

// TestStages records what each pass makes of a policy and its exceptions, down
// to the HCL. What comes before, the residual, is on record in package lower.
func TestStages(t *testing.T) {
	cases, err := filepath.Glob("testdata/stages/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(path))
			e, ds := engine.New(engine.Options{Modules: []engine.Module{{Path: "policy.rego", Source: a.Input("policy.rego")}}})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			records, ds := exception.Load(a.Input("exceptions.yaml"), "exceptions.yaml")
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			in := compiler.Input{
				Engine: e, Bindings: binding.Library(), Exceptions: records, Now: now,
				Examples: func(string) (verify.Examples, error) { return verify.Examples{}, nil },
				Options:  compiler.Options{Layer: compiler.Auto, Per: compiler.PerOrganization, Limits: layer.DefaultLimits(), Version: "test"},
			}
			for _, p := range e.Policies() {
				in.Policies = append(in.Policies, p.ID)
			}
			m := compile(t, in).Modules[0]
			a.Want("out/guardrails", guardrails(m.Program))
			a.Want("out/expanded", expanded(m))
			a.Want("out/documents", documents(m))
			a.Want("out/proof", proof(t, m))
			a.Want("out/statements.tf", file(m, "modules/documents/statements.tf"))
		})
	}
}

// guardrails writes the program as it was verified and placed.
func guardrails(p ir.Program) string {
	var b strings.Builder
	for _, g := range p.Guardrails {
		fmt.Fprintf(&b, "%s on %s: %s, %s, %d states\n", g.ID, g.Layer, g.Fidelity, g.Trust, g.Checks.States)
		for _, s := range g.Statements {
			fmt.Fprintf(&b, "  %s\n", statement(s.Sid, s.Actions, s.Resources, s.Conditions))
		}
	}
	for _, n := range p.NotPreventable {
		fmt.Fprintf(&b, "%s cannot be prevented: %s at %s\n", n.Policy, n.Reason, n.At)
	}
	return b.String()
}

func statement(sid string, actions, resources []string, conditions []iam.Condition) []byte {
	return iam.Policy{Statements: []iam.Statement{{Sid: sid, Effect: iam.Deny, Actions: actions, Resources: resources, Conditions: conditions}}}.JSON()
}

// expanded writes the statements with the exceptions worked in.
func expanded(m compiler.Module) string {
	var b strings.Builder
	for _, g := range m.Program.Guardrails {
		for _, s := range g.Statements {
			for _, x := range m.Expand(s) {
				fmt.Fprintf(&b, "%s\n", iam.Policy{Statements: []iam.Statement{x}}.JSON())
			}
		}
	}
	return b.String()
}

func documents(m compiler.Module) string {
	var b strings.Builder
	for _, d := range m.Output.Proof.Documents {
		fmt.Fprintf(&b, "%s: %d of %d characters, %d statements\n", d.Name, d.Characters, d.Limit, d.Statements)
	}
	return b.String()
}

// proof writes the verdicts over all requests.
func proof(t *testing.T, m compiler.Module) string {
	t.Helper()
	var b strings.Builder
	for _, g := range m.Program.Guardrails {
		text, err := json.Marshal(g.Checks.Proof)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", g.ID, text)
	}
	return b.String()
}

func file(m compiler.Module, path string) string {
	i := slices.IndexFunc(m.Output.Files, func(f emit.File) bool { return f.Path == path })
	if i < 0 {
		return ""
	}
	return string(m.Output.Files[i].Data)
}
