package verify_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/lower"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/iam"
)

// verdicts are the rules that are not exact, and why. A verdict may get better;
// then this table is shortened.
var verdicts = map[string]ir.Fidelity{
	"r11_some_in_list":   ir.None,   // security group rules have no keys
	"r12_every":          ir.None,   // aws_lb_listener has no attribute protocols
	"r18_regex_hard":     ir.None,   // not a finite set of wildcards
	"r19_glob":           ir.Looser, // OPA's star stops at a dot, IAM's does not
	"r27_count_attr":     ir.None,   // counts an unknown list
	"r32_json_unmarshal": ir.None,   // inside a document
	"r39_null_check":     ir.None,   // no key carries kms_key_id
	"r42_date":           ir.None,   // reads the clock
}

var show = flag.Bool("show", false, "print what every rule of the corpus becomes")

// rule loads one rule of the corpus with its data.
func rule(t *testing.T, file string) (lower.Policy, verify.Ask) {
	t.Helper()
	parsed := map[string]*ast.Module{}
	var pkg ast.Ref
	for _, f := range []string{file, filepath.Join(filepath.Dir(file), "lib_tags.rego")} {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ast.ParseModuleWithOpts(filepath.Base(f), string(src), ast.ParserOptions{})
		if err != nil {
			t.Fatal(err)
		}
		parsed[filepath.Base(f)] = m
		if f == file {
			pkg = m.Package.Path
		}
	}
	c := ast.NewCompiler()
	if c.Compile(parsed); c.Failed() {
		t.Fatal(c.Errors)
	}
	store := inmem.NewFromObject(map[string]any{
		"config":     map[string]any{"required_tags": []any{"Owner", "CostCenter"}},
		"exceptions": map[string]any{"imds_accounts": []any{"222222222222", "333333333333"}},
	})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := lower.Policy{ID: filepath.Base(file), Package: pkg, Types: typesOf(string(text)), File: filepath.Base(file), Line: 2, Compiler: c, Store: store}
	query, err := rego.New(rego.Query(pkg.String()+".deny = x"), rego.Compiler(c), rego.Store(store)).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p, func(ctx context.Context, input map[string]any) (bool, error) {
		rs, err := query.Eval(ctx, rego.EvalInput(input))
		if err != nil || len(rs) == 0 {
			return false, err
		}
		set, ok := rs[0].Bindings["x"].([]any)
		return ok && len(set) > 0, nil
	}
}

// typesOf finds the resource types that a rule of the corpus names.
func typesOf(src string) []string {
	var out []string
	for part := range strings.SplitSeq(src, `"`) {
		if strings.HasPrefix(part, "aws_") && !strings.Contains(strings.Join(out, " ")+" ", part+" ") {
			out = append(out, part)
		}
	}
	return out
}

// TestCorpus holds the verdict on every rule of the corpus. A verdict may only
// get better, and none may be wrong: what is called exact has no counterexample.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "lower", "testdata", "rules", "r*.rego"))
	if err != nil || len(files) != 47 {
		t.Fatalf("the corpus has %d rules, %v", len(files), err)
	}
	count := map[ir.Fidelity]int{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".rego")
		p, ask := rule(t, f)
		res, err := lower.Lower(t.Context(), p, binding.Library(), lower.Options{AllowUntested: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s := verify.Subject{Statements: res.Statements, Reads: map[string][]verify.Read{}, Ask: ask, Bindings: binding.Library(), Doubtful: true, Messages: res.Messages}
		for _, typ := range res.Guarded {
			for _, r := range res.Reads[typ] {
				s.Reads[typ] = append(s.Reads[typ], verify.Read(r))
			}
		}
		v, err := verify.States(t.Context(), s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		verdict := res.Fidelity
		switch {
		case len(v.Stricter) > 0:
			verdict = ir.Stricter
		case len(v.Looser) > 0:
			verdict = ir.Looser
		}
		count[verdict]++
		want, listed := verdicts[name]
		if !listed {
			want = ir.Exact
		}
		if verdict != want {
			t.Errorf("%s: %s, want %s: %v %v %v", name, verdict, want, res.Refusals, v.Stricter, v.Looser)
		}
		if res.Fidelity == ir.Exact && verdict != ir.Exact {
			t.Errorf("%s: lowered as exact, which is wrong: %v %v", name, v.Stricter, v.Looser)
		}
		if verdict == ir.None && (len(res.Refusals) == 0 || res.Refusals[0].Reason == "" || res.Refusals[0].At.Line == 0) {
			t.Errorf("%s: refused without reason and place: %v", name, res.Refusals)
		}
		if *show {
			fmt.Printf("=== %s  [%s, lowered as %s, %d states]\n", name, verdict, res.Fidelity, v.States)
			for _, st := range res.Statements {
				doc := iam.Policy{Statements: []iam.Statement{{Effect: iam.Deny, Actions: st.Actions, Resources: st.Resources, Conditions: st.Conditions}}}
				fmt.Printf("    %s\n", doc.JSON())
			}
			for _, r := range res.Refusals {
				fmt.Printf("    refused %s: %s (%s)\n", r.Type, r.Reason, r.At)
			}
			for _, n := range append(append(res.Notes, v.Notes...), append(v.Stricter, v.Looser...)...) {
				fmt.Printf("    note %s\n", n)
			}
		}
	}
	t.Logf("verdicts: %v", count)
}
