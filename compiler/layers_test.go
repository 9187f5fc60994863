package compiler_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/exception"
)

// all compiles the whole library for one layer, and returns the guardrails'
// layers by policy and the reasons for those without.
func all(t *testing.T, asked ir.Layer, change func(*compiler.Input)) (guardrails map[string][]ir.Guardrail, refused map[string]string) {
	t.Helper()
	e := library(t)
	in := request(t, e, nil)
	for _, p := range e.Policies() {
		in.Policies = append(in.Policies, p.ID)
	}
	in.Options.Per, in.Options.Layer = compiler.PerOrganization, asked
	if change != nil {
		change(&in)
	}
	guardrails, refused = map[string][]ir.Guardrail{}, map[string]string{}
	prog := compile(t, in).Modules[0].Program
	for _, g := range prog.Guardrails {
		guardrails[g.ID] = append(guardrails[g.ID], g)
		if g.Why == "" {
			t.Errorf("%s does not say why it is on %s", g.ID, g.Layer)
		}
	}
	for _, n := range prog.NotPreventable {
		refused[n.Policy] = n.Reason
	}
	return guardrails, refused
}

func on(gs []ir.Guardrail) []ir.Layer {
	var out []ir.Layer
	for _, g := range gs {
		out = append(out, g.Layer)
	}
	return out
}

// TestAuto holds which layer auto takes, and that a declarative policy which is
// exact stands in for the account setting and its guard.
func TestAuto(t *testing.T) {
	guardrails, _ := all(t, compiler.Auto, nil)
	for id, want := range map[string][]ir.Layer{
		"aws-ec2-imdsv2":                 {ir.SCP},
		"aws-s3-public-acl":              {ir.SCP},
		"aws-ec2-serial-console":         {ir.Declarative},
		"aws-ec2-snapshot-public-access": {ir.Declarative},
		"aws-ec2-ebs-default-encryption": {ir.Account, ir.SCP},
		"aws-s3-public-access-block":     {ir.Account, ir.SCP}, // S3_POLICY needs a late provider
		"aws-iam-user-access-keys":       {ir.SCP},
	} {
		if got := on(guardrails[id]); !slices.Equal(got, want) {
			t.Errorf("%s on %v, want %v", id, got, want)
		}
	}
	if why := guardrails["aws-s3-public-access-block"][0].Why; !strings.Contains(why, "--layer declarative") {
		t.Errorf("the account setting does not speak of the declarative policy: %s", why)
	}
}

// TestAskedLayer holds what fits on each layer, and that the rest has a reason
// which names the layer.
func TestAskedLayer(t *testing.T) {
	auto, none := all(t, compiler.Auto, nil)
	for id, least := range map[ir.Layer]int{ir.SCP: 24, ir.RCP: 2, ir.Boundary: 24, ir.Declarative: 4, ir.Account: 5} {
		guardrails, refused := all(t, id, func(in *compiler.Input) {
			in.Options.Limits, _ = layer.LoadLimits([]byte("boundary-document: 20000"), "limits.yaml")
		})
		for policy, gs := range guardrails {
			if layers := on(gs); !slices.Equal(layers, []ir.Layer{id}) {
				t.Errorf("--layer %s: %s on %v", id, policy, layers)
			}
			for _, g := range gs {
				for _, o := range auto[policy] {
					if o.Layer == ir.SCP && len(g.Statements) > 0 && (g.Fidelity != o.Fidelity || len(g.Statements) != len(o.Statements)) {
						t.Errorf("--layer %s changes what %s denies", id, policy)
					}
				}
			}
		}
		if len(guardrails) < least {
			t.Errorf("--layer %s holds %d guardrails, want %d at least", id, len(guardrails), least)
		}
		for policy := range auto {
			if guardrails[policy] == nil && (refused[policy] == "" || none[policy] == "" && !strings.Contains(refused[policy], string(id))) {
				t.Errorf("--layer %s says nothing of %s: %q", id, policy, refused[policy])
			}
		}
		t.Logf("--layer %s: %d guardrails, %d refused", id, len(guardrails), len(refused))
	}
}

// An exception by identity that reaches a declarative policy is said to have no
// effect there.
func TestDeclarativeTakesNoExceptions(t *testing.T) {
	e := library(t)
	in := request(t, e, nil)
	in.Policies = []string{"aws-ec2-serial-console", "aws-ec2-imdsv2"}
	in.Exceptions = []exception.Record{{ID: "ops", Policies: []string{"aws-ec2-*"}, Principals: []string{"arn:aws:iam::*:role/ops"}, Reason: "r", Owner: "o"}}
	_, ds := compiler.Compile(t.Context(), in)
	found := 0
	for _, d := range ds {
		if d.Code == "exception-no-effect" {
			found++
			if !strings.Contains(d.Error(), "aws-ec2-serial-console") {
				t.Error(d)
			}
		}
	}
	if found != 1 || ds.HasErrors() {
		t.Error(ds)
	}
}

// TestScopes holds how --per and --target divide modules.
func TestScopes(t *testing.T) {
	e := library(t)
	findings := shop(t, e)
	for _, tc := range []struct {
		name    string
		per     compiler.Scope
		targets []string
		want    map[string]string // module → targets in its variables.tf
	}{
		{"account", compiler.PerAccount, nil, map[string]string{"111122223333": "[]"}},
		{"account with a target", compiler.PerAccount, []string{"r-ab12"}, map[string]string{"111122223333": `["r-ab12"]`}},
		{"organization", compiler.PerOrganization, []string{"r-ab12"}, map[string]string{"organization": `["r-ab12"]`}},
		{
			"ou", compiler.PerOU,
			[]string{"ou-ab12-22222222", "ou-ab12-11111111"},
			map[string]string{"ou-ab12-11111111": `["ou-ab12-11111111"]`, "ou-ab12-22222222": `["ou-ab12-22222222"]`},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := request(t, e, findings)
			in.Options.Per, in.Options.Targets = tc.per, tc.targets
			res := compile(t, in)
			if len(res.Modules) != len(tc.want) || len(res.Unanswered) > 0 {
				t.Fatalf("%d modules, %d unanswered", len(res.Modules), len(res.Unanswered))
			}
			for _, m := range res.Modules {
				for _, f := range m.Output.Files {
					if f.Path == "variables.tf" && !strings.Contains(string(f.Data), "default     = "+tc.want[m.Name]+"\n") {
						t.Errorf("%s is not attached to %s", m.Name, tc.want[m.Name])
					}
				}
				if want := tc.per == compiler.PerAccount; (m.Program.Account != "") != want {
					t.Errorf("%s has the account %q", m.Name, m.Program.Account)
				}
			}
		})
	}
	// Two accounts' modules on one target add up, and say so.
	other := "444455556666"
	copied := slices.Clone(findings)
	for i := range copied {
		copied[i].Resource.Account = &other
		copied[i].Fingerprint += "x"
	}
	in := request(t, e, append(slices.Clone(findings), copied...))
	in.Options.Targets = []string{"r-ab12"}
	if _, ds := compiler.Compile(t.Context(), in); ds.HasErrors() || !strings.Contains(ds.Error(), "2 modules attach to r-ab12") {
		t.Error(ds)
	}
}
