package lower_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/iam"
)

// TestStages records what each stage makes of a policy. The types that a case
// is lowered for stand in its comment: "types: aws_instance".
func TestStages(t *testing.T) {
	cases, err := filepath.Glob("testdata/stages/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(path))
			src := string(a.Input("policy.rego"))
			m, err := ast.ParseModuleWithOpts("policy.rego", src, ast.ParserOptions{})
			if err != nil {
				t.Fatal(err)
			}
			c := ast.NewCompiler()
			if c.Compile(map[string]*ast.Module{"policy.rego": m}); c.Failed() {
				t.Fatal(c.Errors)
			}
			p := lower.Policy{
				ID: "case", Package: m.Package.Path, Types: types(src), File: "policy.rego", Line: 1,
				Compiler: c, Store: inmem.NewFromObject(map[string]any{"parameters": map[string]any{
					"case": map[string]any{"tags": []any{"Owner", "CostCenter"}, "allowed": []any{"t3.*", "m5.large"}},
				}}),
			}
			residual, err := lower.Residual(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			a.Want("out/residual", residual)
			for name, o := range map[string]lower.Options{"": {}, "-stricter": {AllowStricter: true, AllowUntested: true}} {
				res, err := lower.Lower(t.Context(), p, binding.Library(), o)
				if err != nil {
					t.Fatal(err)
				}
				a.Want("out/statements"+name, print(res))
			}
		})
	}
}

// types lists the resource types in a source, in order.
func types(src string) []string {
	var out []string
	for part := range strings.SplitSeq(src, `"`) {
		if strings.HasPrefix(part, "aws_") && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}

func print(res lower.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "fidelity %s, trust %s, guards %s\n", res.Fidelity, res.Trust, strings.Join(res.Guarded, " "))
	for _, s := range res.Statements {
		doc := iam.Policy{Statements: []iam.Statement{{Effect: iam.Deny, Actions: s.Actions, Resources: s.Resources, Conditions: s.Conditions}}}
		fmt.Fprintf(&b, "%s\n", doc.JSON())
	}
	for _, r := range res.Refusals {
		fmt.Fprintf(&b, "refused %s at %s: %s\n", r.Type, r.At, r.Reason)
	}
	for _, n := range res.Notes {
		if strings.HasPrefix(n, "stricter") || strings.HasPrefix(n, "looser") {
			fmt.Fprintf(&b, "note %s\n", n)
		}
	}
	return b.String()
}
