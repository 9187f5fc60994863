package compiler_test

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

var now = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// library compiles the policy library once for all tests.
func library(t testing.TB) *engine.Engine {
	t.Helper()
	mods, err := engine.ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	e, ds := engine.New(engine.Options{Modules: mods})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return e
}

// shop evaluates the library on the example plan.
func shop(t testing.TB, e *engine.Engine) []finding.Finding {
	t.Helper()
	in, err := input.Load(t.Context(), filepath.Join("..", "testdata", "plans", "shop", "plan.json"), nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	res, err := e.Check(t.Context(), resource.NewSet(in.Resources))
	if err != nil {
		t.Fatal(err)
	}
	return finding.NewReport(finding.Tool{}, nil, res.Findings, res.Passed).Findings
}

// examples reads a policy's good.tf and bad.tf.
func examples(ctx context.Context, e *engine.Engine) func(string) (verify.Examples, error) {
	read := func(dir, name string) ([]*resource.Resource, error) {
		src, err := fs.ReadFile(policies.FS, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		in, err := input.LoadFiles(ctx, map[string][]byte{"main.tf": src}, input.Options{Kind: input.KindConfig})
		return in.Resources, err
	}
	return func(id string) (out verify.Examples, err error) {
		p, _ := e.Policy(id)
		dir := strings.TrimPrefix(path.Dir(p.File), "policies/")
		if out.Good, err = read(dir, "good.tf"); err != nil {
			return out, err
		}
		out.Bad, err = read(dir, "bad.tf")
		return out, err
	}
}

func request(t testing.TB, e *engine.Engine, fs []finding.Finding) compiler.Input {
	return compiler.Input{
		Engine: e, Bindings: binding.Library(), Findings: fs, Examples: examples(t.Context(), e), Now: now,
		Options: compiler.Options{Layer: compiler.Auto, Per: compiler.PerAccount, Limits: layer.DefaultLimits(), Version: "test"},
	}
}

func compile(t testing.TB, in compiler.Input) compiler.Result {
	t.Helper()
	res, ds := compiler.Compile(t.Context(), in)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return res
}

// TestEveryViolationIsAnswered is the promise of compile: a guardrail, or the
// reason why there is none, with its place.
func TestEveryViolationIsAnswered(t *testing.T) {
	e := library(t)
	res := compile(t, request(t, e, shop(t, e)))
	if len(res.Unanswered) > 0 {
		t.Errorf("unanswered: %v", res.Unanswered)
	}
	if len(res.Modules) != 1 || res.Modules[0].Name != "111122223333" {
		t.Fatalf("modules: %d", len(res.Modules))
	}
	m := res.Modules[0]
	for _, g := range m.Program.Guardrails {
		for _, c := range g.Checks.Counterexamples {
			if g.Fidelity == ir.Exact {
				t.Errorf("%s is called exact in spite of: %s", g.ID, c)
			}
		}
		if g.Fidelity == ir.Stricter {
			t.Errorf("%s is stricter, which nobody asked for", g.ID)
		}
		if g.Origin == ir.Derived && (g.Checks.Examples.Denied == 0 && g.Fidelity == ir.Exact || g.Checks.States == 0) {
			t.Errorf("%s was hardly checked: %+v", g.ID, g.Checks)
		}
	}
	for _, n := range m.Program.NotPreventable {
		if n.Reason == "" || !strings.Contains(n.At, ".rego:") || n.Instead == "" {
			t.Errorf("%+v lacks its reason, place or advice", n)
		}
	}
	refused := func(id string) bool {
		return slices.ContainsFunc(m.Program.NotPreventable, func(n ir.NotPreventable) bool { return n.Policy == id })
	}
	for _, id := range []string{"aws-ec2-open-ssh", "aws-iam-wildcard-policy"} {
		if !refused(id) {
			t.Errorf("%s is not called not preventable", id)
		}
	}
}

// TestLibrary holds the fidelity of every derived policy of the library.
func TestLibrary(t *testing.T) {
	e := library(t)
	in := request(t, e, nil)
	for _, p := range e.Policies() {
		in.Policies = append(in.Policies, p.ID)
	}
	in.Options.Per = compiler.PerOrganization
	notExact := map[string]ir.Fidelity{
		"aws-eks-public-endpoint": ir.Looser, // creation: what silence means is doubtful
	}
	prog := compile(t, in).Modules[0].Program
	var refused []string
	for _, n := range prog.NotPreventable {
		refused = append(refused, n.Policy)
	}
	if want := []string{
		"aws-ec2-open-ssh",           // rules of security groups have no keys
		"aws-elbv2-internal",         // what an absent Scheme means is doubtful
		"aws-iam-wildcard-policy",    // inside a document
		"aws-rds-storage-encryption", // doubtful
	}; !slices.Equal(refused, want) {
		t.Errorf("not preventable: %v, want %v", refused, want)
	}
	for _, g := range prog.Guardrails {
		if g.Origin == ir.Declared {
			continue // it says so itself
		}
		want, listed := notExact[g.ID]
		if !listed {
			want = ir.Exact
		}
		if g.Fidelity != want {
			t.Errorf("%s: %s, want %s: %v", g.ID, g.Fidelity, want, g.Checks.Counterexamples)
		}
	}
	in.Options.AllowUntested = true
	res := compile(t, in)
	ids := map[string]ir.Fidelity{}
	for _, g := range res.Modules[0].Program.Guardrails {
		ids[g.ID] = g.Fidelity
	}
	for _, id := range []string{"aws-eks-public-endpoint", "aws-rds-storage-encryption", "aws-elbv2-internal"} {
		if ids[id] != ir.Exact {
			t.Errorf("%s with doubtful bindings: %q, want exact", id, ids[id])
		}
	}
}

func TestModulesAndLayers(t *testing.T) {
	e := library(t)
	findings := shop(t, e)
	other := "444455556666"
	for i := range findings {
		if findings[i].Policy == "aws-lambda-url-auth" {
			findings[i].Resource.Account = &other
		}
		if findings[i].Policy == "aws-s3-public-acl" {
			findings[i].Resource.Account = nil
		}
	}
	names := func(res compiler.Result) []string {
		var out []string
		for _, m := range res.Modules {
			out = append(out, m.Name)
		}
		return out
	}
	in := request(t, e, findings)
	if got := names(compile(t, in)); !slices.Equal(got, []string{"111122223333", "444455556666", "module"}) {
		t.Errorf("per account: %v", got)
	}
	in.Options.Per = compiler.PerOrganization
	if got := names(compile(t, in)); !slices.Equal(got, []string{"organization"}) {
		t.Errorf("per organization: %v", got)
	}
	in.Options.Layer = ir.Account
	res := compile(t, in)
	for _, g := range res.Modules[0].Program.Guardrails {
		if g.Layer != ir.Account || len(g.Settings) == 0 {
			t.Errorf("%s on %s with --layer account", g.ID, g.Layer)
		}
	}
	if len(res.Unanswered) > 0 {
		t.Errorf("unanswered on one layer: %v", res.Unanswered)
	}
}

func TestUnknownPolicy(t *testing.T) {
	e := library(t)
	findings := shop(t, e)[:1]
	findings[0].Policy, findings[0].Status = "acme-unheard-of", finding.Violation
	_, ds := compiler.Compile(t.Context(), request(t, e, findings))
	if !ds.HasErrors() || ds[0].Code != "unknown-policy" || !strings.Contains(ds[0].Summary, "acme-unheard-of") {
		t.Errorf("diagnostics: %v", ds)
	}
}

// TestStable compiles twice, and once more with the findings turned round: the
// modules are the same to the byte.
func TestStable(t *testing.T) {
	e := library(t)
	findings := shop(t, e)
	files := func(fs []finding.Finding) string {
		var b strings.Builder
		for _, f := range compile(t, request(t, e, fs)).Modules[0].Output.Files {
			b.WriteString(f.Path + "\n" + string(f.Data))
		}
		return b.String()
	}
	first := files(findings)
	turned := slices.Clone(findings)
	slices.Reverse(turned)
	if files(findings) != first || files(turned) != first {
		t.Error("the same findings give different modules")
	}
}

func BenchmarkCompileLibrary(b *testing.B) {
	e := library(b)
	in := request(b, e, nil)
	for _, p := range e.Policies() {
		in.Policies = append(in.Policies, p.ID)
	}
	in.Options.Per = compiler.PerOrganization
	for b.Loop() {
		compile(b, in)
	}
}

// TestOneStrictCase: a case that no request can say by itself does not undo the
// guardrail of the others.
func TestOneStrictCase(t *testing.T) {
	e, ds := engine.New(engine.Options{Modules: []engine.Module{{Path: "policy.rego", Source: []byte(`# METADATA
# title: t
# custom:
#   id: acme-two
#   severity: low
package acme.two

deny contains "small root volumes only" if {
	input.resource.type == "aws_instance"
	input.resource.values.root_block_device[0].volume_type == "io2"
}

deny contains "no metal" if {
	input.resource.type == "aws_instance"
	endswith(input.resource.values.instance_type, ".metal")
}
`)}}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	in := request(t, e, nil)
	in.Policies = []string{"acme-two"}
	in.Examples = func(string) (verify.Examples, error) { return verify.Examples{}, nil }
	prog := compile(t, in).Modules[0].Program
	if len(prog.Guardrails) != 1 || prog.Guardrails[0].Fidelity != ir.Looser {
		t.Fatalf("%+v %+v", prog.Guardrails, prog.NotPreventable)
	}
	g := prog.Guardrails[0]
	if !slices.ContainsFunc(g.Notes, func(n string) bool {
		return strings.HasPrefix(n, "Left out, since it would deny more") && strings.Contains(n, "ebs_block_device")
	}) {
		t.Errorf("the dropped case is not told: %v", g.Notes)
	}
	for _, s := range g.Statements {
		if strings.Contains(s.Resources[0], "volume") {
			t.Errorf("the strict statement stayed: %+v", s)
		}
	}
}

// TestManagementAccount: no SCP binds the management account, so it gets none, and
// each violation there says so, unless a setting of the account answers it.
func TestManagementAccount(t *testing.T) {
	e := library(t)
	in := request(t, e, shop(t, e))
	in.Options.Management = "111122223333"
	res := compile(t, in)
	if len(res.Unanswered) > 0 {
		t.Errorf("unanswered: %v", res.Unanswered)
	}
	prog := res.Modules[0].Program
	said := 0
	for _, n := range prog.NotPreventable {
		if strings.Contains(n.Reason, "no SCP and no RCP binds") {
			said++
		}
	}
	for _, g := range prog.Guardrails {
		if g.Layer == ir.SCP {
			t.Errorf("%s is an SCP", g.ID)
		}
	}
	if said == 0 {
		t.Errorf("the reason is not stated: %+v", prog.NotPreventable)
	}
	in.Options.Management = "999999999999"
	if prog := compile(t, in).Modules[0].Program; !slices.ContainsFunc(prog.Guardrails, func(g ir.Guardrail) bool { return g.Layer == ir.SCP }) {
		t.Error("another account's module has no SCP")
	}
}
