package emit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// layered is the test program with guardrails on every layer, one of them on an
// SCP and an RCP at once.
func layered() ir.Program {
	prog := program()
	acl := func(id, sid string, on ir.Layer) ir.Guardrail {
		g := ir.Guardrail{
			ID: id, Title: "No public ACLs", Layer: on, Fidelity: ir.Exact, Trust: ir.Inferred, Origin: ir.Derived,
			Policy:     ir.PolicyRef{ID: id, File: "policies/aws/s3/acl/policy.rego", Line: 9, SHA256: "0123"},
			Operations: []string{"s3:PutObjectAcl"},
			Statements: []ir.Statement{{
				Sid: sid, Guardrail: id, Actions: []string{"s3:PutBucketAcl", "s3:PutObjectAcl"}, Resources: []string{"*"}, Line: 10,
				Conditions: []iam.Condition{cond("StringLike", "s3:x-amz-acl", "public-read*")},
			}},
			Tests: []ir.TestRequest{
				{Name: sid + " bad", Guardrail: id, Action: "s3:PutObjectAcl", Resource: "arn:aws:s3:::b/k", Deny: true, Context: map[string][]string{"s3:x-amz-acl": {"public-read"}}},
				{Name: sid + " good", Guardrail: id, Action: "s3:PutObjectAcl", Resource: "arn:aws:s3:::b/k", Context: map[string][]string{"s3:x-amz-acl": {"private"}}},
			},
		}
		g.Why = layer.Why(g)
		return g
	}
	insiders := acl("aws-s3-insiders", "S3Insiders", ir.RCP)
	insiders.Statements[0].Conditions = append(insiders.Statements[0].Conditions, cond("StringEquals", "aws:PrincipalAccount", "111122223333"))
	prog.Guardrails = append(
		prog.Guardrails, insiders,
		acl("aws-s3-public-acl", "S3PublicAclR", ir.RCP), acl("aws-s3-public-acl", "S3PublicAclS", ir.SCP),
		acl("aws-s3-only-outside", "S3OnlyOutside", ir.RCP), acl("aws-s3-team-acl", "S3TeamAcl", ir.Boundary),
		ir.Guardrail{
			ID: "aws-ec2-serial-console", Title: "The serial console is off", Layer: ir.Declarative, Fidelity: ir.Exact, Trust: ir.Documented,
			Origin: ir.Declared, Why: "AWS keeps it.", Policy: ir.PolicyRef{ID: "aws-ec2-serial-console", File: "policies/aws/ec2/serial/policy.rego", Line: 3, SHA256: "4567"},
			Declaratives: []ir.DeclarativePolicy{{PolicyType: "DECLARATIVE_POLICY_EC2", Content: map[string]any{
				"ec2_attributes": map[string]any{
					"serial_console_access": map[string]any{"status": map[string]any{"@@assign": "disabled"}},
					"exception_message":     map[string]any{"@@assign": "Ask <platform> & ${wait}"},
				},
			}}},
		},
	)
	return prog
}

func TestLayers(t *testing.T) {
	out, _ := compile(t, layered(), records())
	a := golden.Open(t, "testdata/layers.txtar")
	for _, f := range out.Files {
		if slices.Contains([]string{"README.md", "versions.tf", "modules/documents/statements.tf", "modules/documents/tests/decisions.tftest.hcl", "tests/module.tftest.hcl", "boundary/variables.tf"}, f.Path) {
			a.Want("out/module/"+f.Path, string(f.Data))
		}
	}
	for _, format := range []emit.Format{emit.FormatJSON, emit.FormatCloudFormation} {
		for _, f := range written(t, format, layered()).Files {
			if f.Path != "proof.json" {
				a.Want("out/"+string(format)+"/"+f.Path, string(f.Data))
			}
		}
	}
}

// written writes a program in a format, with the exceptions of the tests.
func written(t testing.TB, format emit.Format, prog ir.Program) emit.Output {
	t.Helper()
	tags := except.ProtectedTags(prog)
	set, ds := except.New(records(), except.Options{Now: now, ProtectedTags: tags})
	docs, more := pack.Pack(prog, pack.Options{Limits: layer.DefaultLimits(), Size: emit.Size(set)})
	if ds = append(ds, more...); ds.HasErrors() {
		t.Fatal(ds)
	}
	out, err := emit.Write(format, prog, docs, set, emit.Options{
		Version: "0.1.0", Limits: layer.DefaultLimits(), ProtectedTags: tags, Targets: []string{"ou-ab12-11111111"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// profiles are the rules of the policy language by layer.
var profiles = map[ir.Layer]iam.Profile{ir.SCP: iam.ProfileSCP, ir.RCP: iam.ProfileRCP, ir.Boundary: iam.ProfileIdentity}

// Every document keeps the rules of its layer and is as long as packing thought.
func TestDocumentsKeepTheRulesOfTheirLayer(t *testing.T) {
	out := written(t, emit.FormatJSON, layered())
	if len(out.Proof.Documents) != 4 {
		t.Fatalf("%d documents", len(out.Proof.Documents))
	}
	for _, d := range out.Proof.Documents {
		i := slices.IndexFunc(out.Files, func(f emit.File) bool { return f.Path == d.Name+".json" })
		if i < 0 || string(out.Files[i].Data) != d.Content || d.Characters > d.Limit {
			t.Errorf("%s: file %d, %d of %d characters", d.Name, i, d.Characters, d.Limit)
		}
		if d.Layer == ir.Declarative {
			if !strings.Contains(d.Content, `"@@assign":"disabled"`) {
				t.Errorf("%s: %s", d.Name, d.Content)
			}
			continue
		}
		if _, ds := iam.Parse([]byte(d.Content), d.Name, profiles[d.Layer]); len(ds) > 0 {
			t.Errorf("%s: %v", d.Name, ds)
		}
	}
}

// The formats say the same: a template's policies are the documents.
func TestFormatsAgree(t *testing.T) {
	module, template := written(t, emit.FormatModule, layered()), written(t, emit.FormatCloudFormation, layered())
	found := 0
	for _, f := range template.Files {
		if !strings.HasSuffix(f.Path, ".template.json") {
			continue
		}
		var parsed struct {
			Resources map[string]struct {
				Type       string
				Properties struct {
					Type                    string
					Content, PolicyDocument json.RawMessage
				}
			}
		}
		if err := json.Unmarshal(f.Data, &parsed); err != nil {
			t.Fatal(err)
		}
		for _, d := range module.Proof.Documents {
			for _, name := range slices.Sorted(maps.Keys(parsed.Resources)) {
				r := parsed.Resources[name]
				var compact bytes.Buffer
				if err := json.Compact(&compact, slices.Concat(r.Properties.Content, r.Properties.PolicyDocument)); err != nil {
					t.Fatal(err)
				}
				if compact.String() == d.Content {
					found++
					boundary := d.Layer == ir.Boundary
					if boundary != (r.Type == "AWS::IAM::ManagedPolicy") || !boundary && r.Properties.Type != d.Type || boundary != (f.Path == "boundary.template.json") {
						t.Errorf("%s is %s in %s", d.Name, r.Type, f.Path)
					}
				}
			}
		}
	}
	if found != len(module.Proof.Documents) {
		t.Errorf("%d of %d documents are in the templates", found, len(module.Proof.Documents))
	}
}

// An RCP denies callers without an ARN, whatever the exceptions; a boundary
// allows what it does not deny.
func TestLayersDecide(t *testing.T) {
	out := written(t, emit.FormatJSON, layered())
	read := func(on ir.Layer) iam.Policy {
		i := slices.IndexFunc(out.Proof.Documents, func(d emit.ProofDocument) bool { return d.Layer == on })
		p, ds := iam.Parse([]byte(out.Proof.Documents[i].Content), "", profiles[on])
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		return *p
	}
	request := func(arn ...string) *simulate.Request {
		c := map[string][]string{"s3:x-amz-acl": {"public-read"}, "aws:CurrentTime": {"2030-01-01T00:00:00Z"}}
		if len(arn) > 0 {
			c["aws:PrincipalArn"] = arn
		}
		return &simulate.Request{Action: "s3:PutObjectAcl", Resource: "arn:aws:s3:::b/k", Context: simulate.Context(c)}
	}
	for _, on := range []ir.Layer{ir.RCP, ir.Boundary} {
		decider := simulate.CompileDenies(read(on))
		for arn, want := range map[string]bool{
			"": true, "arn:aws:iam::999988887777:role/outsider": true,
			"arn:aws:iam::111122223333:role/break-glass": false,
		} {
			q := request()
			if arn != "" {
				q = request(arn)
			}
			if denied, _ := decider.Denies(q); denied != want {
				t.Errorf("%s denies %q: %v", on, arn, denied)
			}
		}
	}
}

// The modules of all layers pass terraform's own checks, and their own tests.
func TestTerraformLayers(t *testing.T) {
	tf := tftest.New(t)
	dir := writeProgram(t, layered())
	tf.Run(dir, "fmt", "-check", "-diff", "-recursive", "-no-color")
	documents := filepath.Join(dir, "modules", "documents")
	tf.Init(documents)
	passes(t, tf, documents, 21)
	for place, runs := range map[string]int{"": 11, "boundary": 1} {
		root := filepath.Join(dir, place)
		tf.InitAWS(root)
		tf.Run(root, "validate", "-no-color")
		passes(t, tf, root, runs)
	}
}

func passes(t *testing.T, tf *tftest.Terraform, dir string, runs int) {
	t.Helper()
	if out := string(tf.Run(dir, "test", "-no-color")); !strings.Contains(out, fmt.Sprintf("Success! %d passed, 0 failed.", runs)) {
		t.Errorf("terraform test in %s:\n%s", filepath.Base(dir), out)
	}
}

// Modules with one layer alone work as well.
func TestTerraformSingleLayers(t *testing.T) {
	for _, on := range []ir.Layer{ir.Boundary, ir.Declarative} {
		t.Run(string(on), func(t *testing.T) {
			tf := tftest.New(t)
			prog := layered()
			prog.Guardrails = slices.DeleteFunc(prog.Guardrails, func(g ir.Guardrail) bool { return g.Layer != on })
			out, _ := compile(t, prog, nil)
			dir := t.TempDir()
			if err := emit.WriteDir(dir, out.Files, false); err != nil {
				t.Fatal(err)
			}
			documents := filepath.Join(dir, "modules", "documents")
			tf.Init(documents)
			tf.Run(documents, "test", "-no-color")
			tf.InitAWS(dir)
			tf.Run(dir, "test", "-no-color")
			_, err := os.Stat(filepath.Join(dir, "boundary"))
			if (err == nil) != (on == ir.Boundary) {
				t.Errorf("boundary/: %v", err)
			}
		})
	}
}

// A boundary that exceptions make too large, and quotas of each type, fail the
// plan with the numbers.
func TestTerraformQuotasByType(t *testing.T) {
	tf := tftest.New(t)
	dir := writeProgram(t, layered())
	tf.InitAWS(dir)
	boundary := filepath.Join(dir, "boundary")
	tf.InitAWS(boundary)
	test := filepath.Join(dir, "tests", "module.tftest.hcl")
	src, err := os.ReadFile(test)
	if err != nil {
		t.Fatal(err)
	}
	// The type with the fewest places: what SCPs have is no matter to it.
	src, _, _ = bytes.Cut(src, []byte("\nrun "))
	src = append(src, "\nrun \"full\" {\n  command = plan\n  variables {\n    attached_policies = { SERVICE_CONTROL_POLICY = 9, RESOURCE_CONTROL_POLICY = 5 }\n  }\n}\n"...)
	if err := os.WriteFile(test, src, 0o600); err != nil {
		t.Fatal(err)
	}
	_, all, err := tf.Try(dir, "test", "-no-color")
	got := strings.Join(strings.Fields(string(all)), " ")
	if err == nil || !strings.Contains(got, "1 documents and 5 other policies (attached_policies) make 6 of the type RESOURCE_CONTROL_POLICY") || strings.Contains(got, "of the type SERVICE") {
		t.Errorf("an RCP too many:\n%s", all)
	}
	file := filepath.Join(dir, "exceptions.auto.tfvars.json")
	many := map[string]any{}
	for i := range 130 {
		many[fmt.Sprint("r", i)] = map[string]any{
			"policies": []string{"*"}, "principals": []string{fmt.Sprintf("arn:aws:iam::111122223333:role/some-team/number-%d", i)}, "reason": "r", "owner": "o",
		}
	}
	text, err := json.Marshal(map[string]any{"exceptions": many})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, all, err = tf.Try(boundary, "test", "-no-color")
	if got := strings.Join(strings.Fields(string(all)), " "); err == nil || !strings.Contains(got, "AWS takes 6144") {
		t.Errorf("boundary:\n%s", all)
	}
}

// S3_POLICY needs a later provider than the others: the module says so, and an
// old provider fails at init, not while it applies.
func TestTerraformS3Policy(t *testing.T) {
	tf := tftest.New(t)
	prog := ir.Program{Guardrails: []ir.Guardrail{{
		ID: "s3", Title: "S3", Layer: ir.Declarative, Fidelity: ir.Exact, Trust: ir.Reported, Origin: ir.Declared,
		Policy: ir.PolicyRef{ID: "s3", File: "p.rego", Line: 1}, Declaratives: []ir.DeclarativePolicy{{PolicyType: "S3_POLICY", Content: map[string]any{
			"s3_attributes": map[string]any{"public_access_block_configuration": map[string]any{"@@assign": "all"}},
		}}},
	}}}
	out, _ := compile(t, prog, nil)
	dir := t.TempDir()
	if err := emit.WriteDir(dir, out.Files, false); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join(dir, "versions.tf"))
	if err != nil || !strings.Contains(string(src), `">= 6.26"`) {
		t.Errorf("%v:\n%s", err, src)
	}
	documents := filepath.Join(dir, "modules", "documents")
	tf.Init(documents)
	tf.Run(documents, "test", "-no-color")
	tf.Run(dir, "fmt", "-check", "-recursive", "-no-color")
}
