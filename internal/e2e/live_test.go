//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// unheld are the examples that the mock cannot hold, of a policy or of one kind,
// and why.
var unheld = map[string]string{
	"cloudtrail/logging good":    "the mock answers StartLogging with nothing, so that the provider asks again for minutes",
	"ec2/image-public-access":    "the mock does not know the setting",
	"ec2/serial-console":         "the mock does not know the setting",
	"ec2/snapshot-public-access": "the mock does not know the setting",
	"rds/public-access":          "the mock gives every database the same resource id, by which the provider reads them: one a mock",
	"rds/storage-encryption bad": "the mock gives every database the same resource id, by which the provider reads them: one a mock",
}

// refused are resources of examples that the mock refuses, and why.
var refused = map[string]string{
	"module.ec2_instance_volume_encryption_bad.aws_instance.data":  "it demands the size of a volume",
	"module.ec2_instance_volume_encryption_good.aws_instance.data": "it demands the size of a volume",
	"module.elbv2_listener_protocol_good.aws_lb_listener.gateway":  "every balancer of it is an application's, which has no listeners of gateways",
}

// run is a mock that the examples are applied to: what would get in each
// other's way is apart, and so is what the provider waits long for.
type run struct {
	name     string
	kinds    []string
	policies string // pattern of the folders; empty: those of no other run
	world    func(*testing.T, string) *strings.Replacer
}

var runs = []run{
	{"good", []string{"good"}, "", surroundings},
	{"bad", []string{"bad"}, "", surroundings},
	{"clusters", []string{"good", "bad"}, `^rds/cluster-encryption$`, nothing},
	// The mock gives every database the same resource id, by which the provider
	// reads them: a mock holds one.
	{"a database", []string{"good"}, `^rds/storage-encryption$`, nothing},
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
	var total tally
	t.Run("on a mock", func(t *testing.T) {
		for _, r := range runs {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				tf := tftest.New(t)
				url := tftest.Moto(t, "MOTO_ACCOUNT_ID="+exampleAccount, "MOTO_IAM_LOAD_MANAGED_POLICIES=true")
				tf.Setenv(append(tftest.MockEnvironment(url), "AWS_REGION="+exampleRegion)...)
				stack := t.TempDir()
				examples(t, stack, r.policies, r.kinds, r.world(t, url))
				live(t, tf, url, stack, &total)
				if r.name == "good" {
					touched(t, url, filepath.Join(stack, "terraform.tfstate"), stack)
				}
			})
		}
	})
	t.Logf("%d resources applied, %d pairs of policy and resource compared, %d of them violations; made otherwise than planned: %d; unknown on live state: %d",
		total.applied.Load(), total.compared.Load(), total.violations.Load(), total.otherwise.Load(), total.unknown.Load())
	if !t.Failed() && (total.compared.Load() < 150 || total.violations.Load() < 80) {
		t.Error("too little was compared")
	}
}

// tally counts what was compared in all runs.
type tally struct{ applied, compared, violations, otherwise, unknown atomic.Int64 }

// live plans and applies a stack, and compares.
func live(t *testing.T, tf *tftest.Terraform, url, stack string, total *tally) {
	t.Helper()
	tf.InitAWS(stack)
	tf.Run(stack, "plan", "-no-color", "-out=plan.bin")
	work := t.TempDir()
	plan := filepath.Join(work, "plan.json")
	if err := os.WriteFile(plan, tf.Run(stack, "show", "-json", "plan.bin"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, all, err := tf.Try(stack, "apply", "-no-color", "-parallelism=40", "plan.bin")
	if err != nil { // examples know nothing of each other's order
		_, all, _ = tf.Try(stack, "apply", "-no-color", "-parallelism=40", "-auto-approve")
	}
	state := filepath.Join(stack, "terraform.tfstate")
	held(t, plan, state, all)

	snap := filepath.Join(work, "snap")
	parapet(t, 0, "snapshot", "--endpoint", url, "--out", snap, "--regions", "ap-southeast-2,"+exampleRegion+",us-east-1")
	gated := verdicts(t, "gate", plan, "--region", exampleRegion)
	// Where the mock has made something else than what was planned (it refuses a
	// rule, or chooses a value that the code leaves open), the state says so.
	made := verdicts(t, "gate", state, "--region", exampleRegion)
	audited := verdicts(t, "audit", snap)

	applied, live := load(t, state), load(t, snap)
	index := drift.NewIndex(live)
	total.applied.Add(int64(len(applied)))
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
			want, got := gated[policy+" "+r.Address], audited[policy+" "+toldBy(policy, l)]
			switch {
			case want == finding.Unknown:
			case want != made[policy+" "+r.Address]:
				total.otherwise.Add(1)
				t.Logf("%s on %s: planned %q, made %q", policy, r.Address, want, made[policy+" "+r.Address])
			case blind[policy] != "":
				if got != finding.Unknown {
					t.Errorf("%s on %s: audit says %q of what it cannot see", policy, l.Address, got)
				}
			case got == finding.Unknown:
				total.unknown.Add(1)
				t.Logf("%s on %s: unknown on live state", policy, l.Address)
			case want != got:
				t.Errorf("%s on %s: gate says %q, audit %q of %s", policy, r.Address, want, got, l.Address)
			default:
				total.compared.Add(1)
				if want == finding.Violation {
					total.violations.Add(1)
				}
			}
		}
	}
	var report finding.Report
	readJSON(t, []byte(parapet(t, 0, "drift", snap, state, "--region", exampleRegion, "--format", "json", "--fail-on", "none")), &report)
	if len(report.Inputs) != 2 {
		t.Errorf("drift read %v", report.Inputs)
	}
	for _, f := range report.Findings {
		if f.Status == finding.Violation {
			t.Errorf("drift on an untouched stack: %s %s: %s", f.Policy, f.Resource.Address, f.Message)
		}
	}
}

// toldBy is the address of the live resource that tells what a policy asks of
// another: a bucket's ACL is one of its own, also where the code sets it on the
// bucket.
func toldBy(policy string, l *resource.Resource) string {
	if policy == "aws-s3-public-acl" && l.Type == "aws_s3_bucket" {
		return strings.Replace(l.Address, "aws_s3_bucket[", "aws_s3_bucket_acl[", 1)
	}
	return l.Address
}

// held demands that everything that was planned is in the state, but for what is
// known to be refused.
func held(t *testing.T, plan, state string, log []byte) {
	t.Helper()
	made := map[string]bool{}
	for _, r := range load(t, state) {
		made[r.Address] = true
	}
	missing := false
	for _, r := range load(t, plan) {
		if !made[r.Address] && refused[r.Address] == "" {
			t.Errorf("the mock does not hold %s", r.Address)
			missing = true
		}
	}
	if missing {
		t.Logf("%s", log)
	}
}

// touched changes things behind Terraform's back: drift tells exactly these,
// what violates a policy first, and audit whose they are.
func touched(t *testing.T, url, state, stack string) {
	t.Helper()
	client := bucketClient(url)
	guarded, stray := "example-data", "made-by-hand"
	if _, err := client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &guarded}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &stray, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: exampleRegion},
	}); err != nil {
		t.Fatal(err)
	}
	snap := filepath.Join(t.TempDir(), "touched")
	parapet(t, 0, "snapshot", "--endpoint", url, "--out", snap, "--regions", exampleRegion, "--select", "aws-s3-public-access-block")
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

// examples writes one configuration of the examples whose policies match, each in
// a module of its own, about the world as it is.
func examples(t *testing.T, stack, pattern string, kinds []string, about *strings.Replacer) {
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
		elsewhere := func(p string) bool { return p != "" && regexp.MustCompile(p).MatchString(name) }
		switch {
		case unheld[name] != "", pattern != "" && !elsewhere(pattern):
			continue
		case pattern == "":
			if slices.ContainsFunc(runs, func(r run) bool { return elsewhere(r.policies) }) {
				continue
			}
		}
		for _, kind := range kinds {
			if unheld[name+" "+kind] != "" {
				continue
			}
			code, err := os.ReadFile(filepath.Join(dir, kind+".tf"))
			if err != nil {
				t.Fatal(err)
			}
			module := strings.NewReplacer("/", "_", "-", "_").Replace(name) + "_" + kind
			if err := os.Mkdir(filepath.Join(stack, module), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(stack, module, "main.tf"), []byte(about.Replace(string(code))), 0o600); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&root, "module %q {\n  source = \"./%s\"\n}\n", module, module)
		}
	}
	for name := range unheld {
		name, _, _ = strings.Cut(name, " ")
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
	readJSON(t, []byte(parapet(t, 0, append([]string{verb, path, "--format", "json", "--fail-on", "none"}, more...)...)), &r)
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
