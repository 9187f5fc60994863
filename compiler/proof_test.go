package compiler_test

import (
	"testing"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/internal/exception"
)

// records are exceptions of every kind, limited and not.
func records() []exception.Record {
	return []exception.Record{
		{ID: "break-glass", Policies: []string{"*"}, Principals: []string{"arn:aws:iam::*:role/break-glass"}, PermissionSets: []string{"Administrator"}, Reason: "r", Owner: "o"},
		{ID: "migration", Policies: []string{"aws-ec2-*"}, Principals: []string{"arn:aws:iam::*:role/migrate/*"}, Expires: now.AddDate(0, 3, 0), Reason: "r", Owner: "o"},
		{ID: "pilot", Policies: []string{"aws-*"}, Accounts: []string{"444455556666"}, OrgPaths: []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}, Expires: now.AddDate(0, 6, 0), Reason: "r", Owner: "o"},
		{ID: "site", Policies: []string{"aws-cloudtrail-logging"}, Principals: []string{"arn:aws:iam::*:role/publisher"}, Resources: []string{"arn:aws:cloudtrail:*:*:trail/old-*"}, Reason: "r", Owner: "o"},
	}
}

// whole compiles every policy of the library into one module.
func whole(t testing.TB, rs []exception.Record) (compiler.Module, except.Set) {
	t.Helper()
	e := library(t)
	in := request(t, e, shop(t, e))
	in.Options.Per = compiler.PerOrganization
	in.Exceptions = rs
	for _, p := range e.Policies() {
		in.Policies = append(in.Policies, p.ID)
	}
	res, ds := compiler.Compile(t.Context(), in)
	if ds.HasErrors() || len(res.Modules) != 1 {
		t.Fatal(ds)
	}
	set, ds := except.New(rs, except.Options{Now: now})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	return res.Modules[0], set
}

// Every guardrail of the library is proved, with exceptions of every kind.
func TestLibraryIsProved(t *testing.T) {
	m, set := whole(t, records())
	rep, err := prove.Program(t.Context(), m.Program, m.Documents, set, prove.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range rep.Guardrails {
		t.Logf("%s %s: %s %s, %d tests", g.ID, g.Layer, g.Coverage.Verdict, g.Excess.Verdict, g.Tests)
		if !g.Proved() {
			t.Errorf("%s on %s: %+v %+v %v %v", g.ID, g.Layer, g.Coverage, g.Excess, g.Verdict(), g.Wrong)
		}
	}
	if len(rep.Guardrails) != len(m.Program.Guardrails) || len(rep.Guardrails) == 0 {
		t.Errorf("%d of %d guardrails", len(rep.Guardrails), len(m.Program.Guardrails))
	}
}

// A derived guardrail is derived again the same, but for merging.
func TestDerive(t *testing.T) {
	e := library(t)
	in := request(t, e, nil)
	g, reason, err := compiler.Derive(t.Context(), in, "aws-ec2-imdsv2", ir.SCP)
	if err != nil || reason != "" || len(g.Statements) == 0 || len(g.Tests) == 0 {
		t.Fatalf("%v %q %+v", err, reason, g)
	}
	if _, reason, err = compiler.Derive(t.Context(), in, "aws-ec2-open-ssh", ir.SCP); err != nil || reason == "" {
		t.Errorf("open-ssh: %v %q", err, reason)
	}
	if _, reason, err = compiler.Derive(t.Context(), in, "acme", ir.SCP); err != nil || reason != "no policy has the id acme" {
		t.Errorf("acme: %v %q", err, reason)
	}
}

func BenchmarkProveLibrary(b *testing.B) {
	m, set := whole(b, records())
	for b.Loop() {
		if _, err := prove.Program(b.Context(), m.Program, m.Documents, set, prove.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
