//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// parapet runs the command line and returns what it printed.
func parapet(t *testing.T, code int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	got := cmd.Main(args, cmd.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Version: "e2e",
		LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now,
	})
	if got != code {
		t.Fatalf("parapet %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &errs)
	}
	return out.String()
}

// copyDir copies a directory of testdata to a place where terraform may write.
func copyDir(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readJSON(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// TestPath goes the whole way: plan, gate, compile, apply, read back, exempt,
// read back, destroy.
func TestPath(t *testing.T) {
	tf := tftest.New(t)
	url := tftest.Moto(t)
	tf.Setenv(tftest.MockEnvironment(url)...)
	client := organization(url)

	// An organization with a canary OU and an account in it.
	org := copyDir(t, "organization")
	tf.InitAWS(org)
	tf.Run(org, "apply", "-auto-approve", "-no-color")
	var ids struct{ Unit, Account struct{ Value string } }
	readJSON(t, tf.Run(org, "output", "-json"), &ids)
	unit, account := ids.Unit.Value, ids.Account.Value

	// Terraform plans what a team wants to make, and the gate stops it.
	infra := copyDir(t, "infra")
	tf.InitAWS(infra)
	tf.Run(infra, "plan", "-no-color", "-out=plan.bin")
	work := t.TempDir()
	plan, findings := filepath.Join(work, "plan.json"), filepath.Join(work, "findings.json")
	if err := os.WriteFile(plan, tf.Run(infra, "show", "-json", "plan.bin"), 0o600); err != nil {
		t.Fatal(err)
	}
	parapet(t, 1, "gate", plan, "--account", account, "--format", "json="+findings)

	// Parapet compiles the findings into a module for the account.
	out := filepath.Join(work, "guardrails")
	parapet(t, 0, "compile", findings, "--exceptions", filepath.Join("testdata", "exceptions.yaml"), "--target", unit, "--out", out)
	module := filepath.Join(out, account)
	proof := readProof(t, module)
	checkProof(t, proof)

	statements, err := os.ReadFile(filepath.Join(module, "modules", "documents", "statements.tf"))
	if err != nil || !strings.Contains(string(statements), "# would have prevented aws_instance.web[0], aws_instance.web[1]\n") {
		t.Errorf("no statement is traced to the instances: %v\n%s", err, statements)
	}

	// Terraform checks the module, tests it and applies it to the OU.
	tf.Run(module, "fmt", "-check", "-recursive", "-diff", "-no-color")
	tf.InitAWS(module)
	tf.Run(module, "validate", "-no-color")
	tf.Run(module, "test", "-no-color")
	documents := filepath.Join(module, "modules", "documents")
	tf.Init(documents)
	tf.Run(documents, "test", "-no-color")
	tf.Run(module, "apply", "-auto-approve", "-no-color")
	tf.Run(module, "plan", "-detailed-exitcode", "-no-color") // nothing is left to change
	if account := filepath.Join(module, "account"); hasSettings(proof) {
		tf.InitAWS(account)
		tf.Run(account, "validate", "-no-color")
	}
	before := attached(t, client, unit)
	for _, d := range proof.Documents {
		if content := before["parapet-"+account+"-"+d.Name]; content != d.Content {
			t.Errorf("document %s: attached\n%s\nproof.json\n%s", d.Name, content, d.Content)
		}
	}

	// An exception for one role, in the tfvars alone.
	deadline := time.Date(2100, 6, 30, 0, 0, 0, 0, time.UTC)
	exempt(t, module, "deploy", map[string]any{
		"policies": []string{"aws-ec2-imdsv2"}, "principals": []string{"arn:aws:iam::*:role/deploy"},
		"reason": "Old images until June", "owner": "apps", "ticket": "SEC-1400", "expires": deadline.Format(time.DateOnly),
	})
	early, late := deadline.Add(-time.Second), deadline
	wantDenied(t, before, account, "role/deploy", early, true)
	tf.Run(module, "apply", "-auto-approve", "-no-color")
	after := attached(t, client, unit)
	wantDenied(t, after, account, "role/deploy", early, false)
	wantDenied(t, after, account, "role/deployer", early, true)
	wantDenied(t, after, account, "role/deploy", late, true)
	wantDenied(t, after, account, "role/deployer", late, true)
	wantDenied(t, after, account, "role/break-glass", late, false)

	// A plan refuses exceptions that are expired or too broad, and names them.
	for id, r := range map[string]map[string]any{
		"ended":    {"principals": []string{"arn:aws:iam::*:role/old"}, "expires": "2020-01-01"},
		"everyone": {"principals": []string{"arn:aws:iam::*:role/*"}},
	} {
		r["policies"], r["reason"], r["owner"] = []string{"*"}, "test", "test"
		undo := exempt(t, module, id, r)
		_, all, err := tf.Try(module, "plan", "-no-color")
		if err == nil || !strings.Contains(string(all), id+": ") {
			t.Errorf("a plan with exception %s: %v\n%s", id, err, all)
		}
		undo()
	}

	_, all, err := tf.Try(module, "plan", "-no-color", "-var=attached_policies={SERVICE_CONTROL_POLICY=10}")
	if err == nil || !strings.Contains(string(all), "AWS takes 10") {
		t.Errorf("a plan with ten policies attached already: %v\n%s", err, all)
	}

	// Nothing of it is left. (The organization goes with the mock: neither AWS
	// nor moto deletes one that has had accounts.)
	tf.Run(module, "destroy", "-auto-approve", "-no-color")
	for name := range attached(t, client, unit) {
		if strings.HasPrefix(name, "parapet-") {
			t.Errorf("%s is still attached", name)
		}
	}
}

func readProof(t *testing.T, module string) emit.Proof {
	t.Helper()
	path := filepath.Join(module, "proof.json")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := emit.ReadProof(src, path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hasSettings reports whether the module has settings of the account.
func hasSettings(p emit.Proof) bool {
	return slices.ContainsFunc(p.Guardrails, func(g emit.ProofGuardrail) bool { return len(g.Settings) > 0 })
}

// checkProof looks for what the configuration's mistakes must lead to.
func checkProof(t *testing.T, p emit.Proof) {
	t.Helper()
	guardrails := map[string]emit.ProofGuardrail{}
	for _, g := range p.Guardrails {
		guardrails[g.ID] = g
		if g.Fidelity == ir.Stricter {
			t.Errorf("guardrail %s is stricter than its policy", g.ID)
		}
		if len(g.Checks.Counterexamples) > 0 && g.Fidelity == ir.Exact {
			t.Errorf("guardrail %s is exact, with counterexamples %v", g.ID, g.Checks.Counterexamples)
		}
	}
	if g := guardrails["aws-ec2-imdsv2"]; g.Layer != ir.SCP || g.Fidelity != ir.Exact || len(g.Findings) != 2 {
		t.Errorf("guardrail aws-ec2-imdsv2: %+v", g)
	}
	unpreventable := false
	for _, n := range p.NotPreventable {
		unpreventable = unpreventable || n.Policy == "aws-ec2-open-ssh" && n.Reason != "" && n.At != ""
	}
	if !unpreventable {
		t.Errorf("nothing says why aws-ec2-open-ssh cannot be prevented: %+v", p.NotPreventable)
	}
	if !hasSettings(p) {
		t.Error("no guardrail is a setting of the account")
	}
	if len(p.Documents) == 0 || len(p.Exceptions) != 2 {
		t.Errorf("%d documents and %d exceptions", len(p.Documents), len(p.Exceptions))
	}
}

// exempt adds a record to the module's tfvars and returns what takes it back.
func exempt(t *testing.T, module, id string, record map[string]any) (undo func()) {
	t.Helper()
	path := filepath.Join(module, "exceptions.auto.tfvars.json")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var vars struct {
		Exceptions map[string]any `json:"exceptions"`
	}
	readJSON(t, src, &vars)
	vars.Exceptions[id] = record
	text, err := json.Marshal(vars)
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	return func() { write(src) }
}

// wantDenied checks whether the attached policies stop a principal from running
// an instance that accepts IMDSv1.
func wantDenied(t *testing.T, policies map[string]string, account, principal string, at time.Time, want bool) {
	t.Helper()
	var parsed []iam.Policy
	for name, content := range policies {
		p, ds := iam.Parse([]byte(content), name, iam.ProfileSCP)
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		parsed = append(parsed, *p)
	}
	arn := "arn:aws:iam::" + account + ":" + principal
	denies := simulate.CompileDenies(parsed...)
	request := &simulate.Request{
		Principal: arn, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:eu-west-1:" + account + ":instance/*", ResourceAccount: account,
		Context: simulate.Context(map[string][]string{
			"aws:PrincipalArn": {arn}, "aws:PrincipalAccount": {account}, "aws:CurrentTime": {at.Format(time.RFC3339)},
			"aws:RequestedRegion": {"eu-west-1"}, "ec2:MetadataHttpTokens": {"optional"}, "ec2:InstanceType": {"t3.micro"},
			"aws:RequestTag/Owner": {"web"}, "aws:RequestTag/CostCenter": {"42"}, "aws:TagKeys": {"Owner", "CostCenter"},
		}),
	}
	denied, unknown := denies.Denies(request)
	if len(unknown) > 0 || denied != want {
		t.Errorf("%s at %s: denied %v, want %v (unknown %v) by %+v", principal, at.Format(time.RFC3339), denied, want, unknown, denies.Matching(request))
	}
}
