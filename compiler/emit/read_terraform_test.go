package emit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// What is read of an edited module is what Terraform makes of it.
func TestTerraformReadsTheSame(t *testing.T) {
	const statements, exceptions = "modules/documents/statements.tf", "exceptions.auto.tfvars.json"
	tf := tftest.New(t)
	for name, edit := range map[string]struct{ file, old, with string }{
		"as it was":                {statements, "", ""},
		"values in another order":  {statements, "\"iam:CreateRole\",\n", "\"iam:UntagUser\",\n\"iam:CreateRole\",\n"},
		"a number":                 {statements, `"kms:ScheduleKeyDeletionPendingWindowInDays" = ["30"]`, `"kms:ScheduleKeyDeletionPendingWindowInDays" = [7]`},
		"a condition":              {statements, `conditions = {`, "conditions = {\n        Bool = { \"aws:ViaAWSService\" = [false] }"},
		"a condition of no values": {statements, `conditions = {`, "conditions = {\n        Bool = { \"aws:ViaAWSService\" = [] }"},
		"another operator":         {statements, `StringNotEquals = {`, `StringNotEqualsIgnoreCase = {`},
		"no statement":             {statements, `"Ec2Imdsv2", `, ``},
		"a date":                   {exceptions, `2100-03-31T00:00:00Z`, `2100-06-30T12:00:00Z`},
		"a day":                    {exceptions, `2100-06-30T12:00:00Z`, `2100-03-31`},
		"another principal":        {exceptions, `"arn:aws:iam::*:role/break-glass"`, `"arn:aws:iam::*:role/zz", "arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/zz"`},
		"null":                     {exceptions, `"reason": "Incident access"`, `"reason": "Incident access", "org_paths": null`},
		"other resources":          {exceptions, `"arn:aws:kms:*:*:key/old-*"`, `"arn:aws:kms:*:*:alias/z", "arn:aws:kms:*:*:alias/a"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t)
			path := filepath.Join(dir, filepath.FromSlash(edit.file))
			src, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(src), edit.old) {
				t.Fatalf("%v; %s does not hold %q", err, edit.file, edit.old)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(src), edit.old, edit.with, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			m, ds := emit.ReadModule(os.DirFS(dir), emit.ReadOptions{Now: now})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			root := filepath.Join(dir, "root")
			if err := os.Mkdir(root, 0o700); err != nil {
				t.Fatal(err)
			}
			config := `module "d" {
  source                   = "../modules/documents"
  exceptions               = jsondecode(file("${path.module}/../exceptions.auto.tfvars.json")).exceptions
  protected_principal_tags = ["guardrail-exempt"]
}
output "documents" { value = module.d.documents }
`
			if err := os.WriteFile(filepath.Join(root, "main.tf"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			tf.Init(root)
			tf.Run(root, "apply", "-auto-approve", "-no-color")
			var documents map[string]string
			if err := json.Unmarshal(tf.Run(root, "output", "-json", "documents"), &documents); err != nil {
				t.Fatal(err)
			}
			if len(documents) != len(m.Documents) || len(documents) == 0 {
				t.Fatalf("%d documents, read were %d", len(documents), len(m.Documents))
			}
			for _, d := range m.Documents {
				policy, ds := iam.Parse([]byte(documents[d.Name]), d.Name, iam.ProfileAny)
				if ds.HasErrors() {
					t.Fatal(ds)
				}
				if got, want := string(m.Policy(d).Canonical().JSON()), string(policy.Canonical().JSON()); got != want {
					t.Errorf("%s is read as\n%s\nTerraform makes\n%s", d.Name, got, want)
				}
			}
		})
	}
}
