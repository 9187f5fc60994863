//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// unheld are the policies whose examples the mock cannot hold, and why.
var unheld = map[string]string{
	"ec2/image-public-access":    "the mock does not know the setting",
	"ec2/serial-console":         "the mock does not know the setting",
	"ec2/snapshot-public-access": "the mock does not know the setting",
	"rds/cluster-encryption":     "the provider waits minutes for the mock's clusters",
	"rds/public-access":          "the provider waits minutes for the mock's instances",
	"rds/storage-encryption":     "the provider waits minutes for the mock's instances",
	"s3/public-acl":              "the provider waits minutes for the bucket that the example only names",
	"ec2/ebs-default-encryption": "its examples set one setting of the account to different values",
	"ec2/allowed-regions":        "its examples bring providers of their own",
	"ec2/required-tags":          "its examples bring providers of their own",
}

// blind are the policies that live state cannot answer, and why: they must
// answer unknown there, never pass.
var blind = map[string]string{
	"aws-kms-deletion-window":          "AWS tells the window of a key only once it is being deleted",
	"aws-secretsmanager-public-policy": "the check is an argument of one call, and leaves no trace",
}

// TestLive applies the policies' examples to the mock and holds what audit says
// of live state to what gate said of the plan, policy by policy and resource by
// resource; then drift finds nothing on what nobody has touched.
func TestLive(t *testing.T) {
	tf := tftest.New(t)
	url := tftest.Moto(t)
	tf.Setenv(tftest.MockEnvironment(url)...)
	for _, pair := range tftest.MockEnvironment(url) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	stack := t.TempDir()
	examples(t, stack)
	tf.InitAWS(stack)
	tf.Run(stack, "plan", "-no-color", "-out=plan.bin")
	work := t.TempDir()
	plan := filepath.Join(work, "plan.json")
	if err := os.WriteFile(plan, tf.Run(stack, "show", "-json", "plan.bin"), 0o600); err != nil {
		t.Fatal(err)
	}
	// What the mock refuses is not in the state, and so is not compared.
	_, _, _ = tf.Try(stack, "apply", "-no-color", "-parallelism=20", "plan.bin")
	_, _, _ = tf.Try(stack, "apply", "-no-color", "-refresh-only", "-auto-approve")
	state := filepath.Join(stack, "terraform.tfstate")

	snap := filepath.Join(work, "snap")
	parapet(t, 0, "snapshot", "--endpoint", url, "--out", snap, "--regions", "us-east-1")
	gated := verdicts(t, "gate", plan, "--region", "us-east-1")
	// Where the mock has made something else than what was planned (it refuses a
	// rule, or chooses a value that the code leaves open), the state says so.
	made := verdicts(t, "gate", state, "--region", "us-east-1")
	audited := verdicts(t, "audit", snap)

	applied, live := load(t, state), load(t, snap)
	index := drift.NewIndex(live)
	compared, bad, otherwise, unknown := 0, 0, 0, map[string]int{}
	types := policyTypes(t)
	for _, r := range applied {
		l := index.Find(r)
		if l == nil {
			if collected(live, r.Type) {
				t.Errorf("%s (id %s) is not in the snapshot", r.Address, r.ID)
			}
			continue
		}
		for policy, about := range types {
			if !slices.Contains(about, r.Type) {
				continue
			}
			want, got := gated[policy+" "+r.Address], audited[policy+" "+l.Address]
			switch {
			case want == finding.Unknown:
			case want != made[policy+" "+r.Address]:
				otherwise++
			case blind[policy] != "":
				if got != finding.Unknown {
					t.Errorf("%s on %s: audit says %q of what it cannot see", policy, l.Address, got)
				}
			case got == finding.Unknown:
				unknown[policy]++
			case want != got:
				t.Errorf("%s on %s: gate says %q, audit %q of %s", policy, r.Address, want, got, l.Address)
			default:
				compared++
				if want == finding.Violation {
					bad++
				}
			}
		}
	}
	t.Logf("%d resources applied, %d pairs of policy and resource compared, %d of them violations; made otherwise than planned: %d; unknown on live state: %v", len(applied), compared, bad, otherwise, unknown)
	if compared < 60 || bad < 20 {
		t.Errorf("only %d pairs were compared, %d of them violations", compared, bad)
	}

	var report finding.Report
	readJSON(t, []byte(parapet(t, 0, "drift", snap, state, "--format", "json", "--fail-on", "none")), &report)
	if len(report.Inputs) != 2 {
		t.Errorf("drift read %v", report.Inputs)
	}
	for _, f := range report.Findings {
		if f.Status == finding.Violation {
			t.Errorf("drift on an untouched stack: %s %s: %s", f.Policy, f.Resource.Address, f.Message)
		}
	}
	touched(t, url, state, stack)
}

// touched changes things behind Terraform's back: drift tells exactly these,
// what violates a policy first, and audit whose they are.
func touched(t *testing.T, url, state, stack string) {
	t.Helper()
	client := s3.New(s3.Options{
		BaseEndpoint: &url, Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	guarded, stray := "example-data", "made-by-hand"
	if _, err := client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &guarded}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &stray}); err != nil {
		t.Fatal(err)
	}
	snap := filepath.Join(t.TempDir(), "touched")
	parapet(t, 0, "snapshot", "--endpoint", url, "--out", snap, "--regions", "us-east-1", "--select", "aws-s3-public-access-block")
	var report finding.Report
	readJSON(t, []byte(parapet(t, 1, "drift", snap, state, "--format", "json", "--select", "aws-s3-public-access-block")), &report)
	var got []string
	for _, f := range report.Findings {
		if f.Status == finding.Violation {
			got = append(got, f.Policy+" "+f.Resource.Address)
		}
	}
	want := []string{
		"aws-s3-public-access-block module.s3_public_access_block_good.aws_s3_bucket.data",
		"drift module.s3_public_access_block_good.aws_s3_bucket_public_access_block.data",
	}
	if !slices.Equal(got, want) {
		t.Errorf("drift tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	readJSON(t, []byte(parapet(t, 1, "audit", snap, "--terraform", stack, "--select", "aws-s3-public-access-block", "--format", "json")), &report)
	owners := map[string]*finding.Owner{}
	for _, f := range report.Findings {
		if f.Resource.ID != nil {
			owners[*f.Resource.ID] = f.Owner
		}
	}
	if o := owners[guarded]; o == nil || o.Address != "module.s3_public_access_block_good.aws_s3_bucket.data" || o.Source == nil || len(o.Source.Modules) != 1 {
		t.Errorf("the owner of %s is %+v", guarded, o)
	}
	if o := owners[stray]; o == nil || o.Managed {
		t.Errorf("the owner of %s is %+v", stray, o)
	}
}

// examples writes one configuration of all examples that the mock can hold, each
// in a module of its own.
func examples(t *testing.T, stack string) {
	t.Helper()
	var root strings.Builder
	root.WriteString("terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n")
	folders, err := filepath.Glob("../../policies/aws/*/*/policy.rego")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no policies: %v", err)
	}
	seen := map[string]bool{}
	for _, f := range folders {
		dir := filepath.Dir(f)
		name := filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir)
		seen[name] = true
		if unheld[name] != "" {
			continue
		}
		for _, kind := range []string{"good", "bad"} {
			code, err := os.ReadFile(filepath.Join(dir, kind+".tf"))
			if err != nil {
				t.Fatal(err)
			}
			module := strings.NewReplacer("/", "_", "-", "_").Replace(name) + "_" + kind
			if err := os.Mkdir(filepath.Join(stack, module), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(stack, module, "main.tf"), code, 0o600); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&root, "module %q {\n  source = \"./%s\"\n}\n", module, module)
		}
	}
	for name := range unheld {
		if !seen[name] {
			t.Errorf("there is no policy %s", name)
		}
	}
	if err := os.WriteFile(filepath.Join(stack, "main.tf"), []byte(root.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// verdicts evaluates the library on an input: policy and address → status; what
// is not there has passed.
func verdicts(t *testing.T, verb, path string, more ...string) map[string]finding.Status {
	t.Helper()
	var r finding.Report
	readJSON(t, []byte(parapet(t, 1, append([]string{verb, path, "--format", "json"}, more...)...)), &r)
	m := map[string]finding.Status{}
	for _, f := range r.Findings {
		m[f.Policy+" "+f.Resource.Address] = f.Status
	}
	return m
}

func load(t *testing.T, path string) []*resource.Resource {
	t.Helper()
	in, err := input.Load(t.Context(), path, nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return in.Resources
}

func collected(live []*resource.Resource, typ string) bool {
	return slices.ContainsFunc(live, func(r *resource.Resource) bool { return r.Type == typ })
}

// policyTypes lists the types that each policy is about.
func policyTypes(t *testing.T, more ...string) map[string][]string {
	t.Helper()
	var list []struct {
		ID    string   `json:"id"`
		Types []string `json:"types"`
	}
	readJSON(t, []byte(parapet(t, 0, append([]string{"policy", "list", "--format", "json"}, more...)...)), &list)
	m := map[string][]string{}
	for _, p := range list {
		m[p.ID] = p.Types
	}
	if len(m) == 0 {
		t.Fatal("no policies")
	}
	return m
}
