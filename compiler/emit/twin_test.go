package emit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// variables returns var.exceptions as the module's tfvars file gives them.
func variables(t testing.TB, out emit.Output) json.RawMessage {
	t.Helper()
	var vars struct{ Exceptions json.RawMessage }
	i := slices.IndexFunc(out.Files, func(f emit.File) bool { return f.Path == "exceptions.auto.tfvars.json" })
	if err := json.Unmarshal(out.Files[i].Data, &vars); err != nil {
		t.Fatal(err)
	}
	return vars.Exceptions
}

func chance[T any](w *rand.Rand, n int, from ...T) []T {
	var out []T
	for _, v := range from {
		if w.IntN(n) == 0 {
			out = append(out, v)
		}
	}
	return out
}

// randomRecords makes sound records that share limits and identities often.
func randomRecords(w *rand.Rand) []exception.Record {
	var out []exception.Record
	for i := range w.IntN(7) {
		r := exception.Record{
			ID: fmt.Sprintf("r%d", i), Reason: "<test> & \"quote\"", Owner: "test",
			Policies: []string{[]string{"*", "aws-*", "aws-kms-deletion-window", "*tag", "aws-ec2-imdsv2", "a.s-*"}[w.IntN(6)]},
			Principals: chance(w, 2, "arn:aws:iam::*:role/break-glass", "arn:aws:iam::111122223333:role/team/*",
				"arn:*:iam::*:user/ci-?", "arn:aws:sts::111122223333:federated-user/ann", "arn:*:iam::*:role/key-janitor"),
			PermissionSets: chance(w, 3, "Admin", "Ops+1"),
			Accounts:       chance(w, 3, "111122223333", "444455556666"),
			OrgPaths:       chance(w, 3, "o-a1/r-ab12/ou-ab12-11111111/*", "o-a1/r-ab12/ou-ab12-22222222/"),
			PrincipalTags:  map[string][]string{},
		}
		if w.IntN(3) == 0 {
			r.PrincipalTags["guardrail-exempt"] = chance(w, 1, "yes", "<&>", "été \u2028")
		}
		if len(r.Principals)+len(r.PermissionSets) == 0 {
			r.Accounts = []string{"777788889999"}
		}
		if w.IntN(2) == 0 {
			r.Expires = time.Date(2100, time.Month(1+w.IntN(3)), 1, 0, 0, w.IntN(2), 0, time.UTC)
		}
		if w.IntN(3) == 0 {
			r.Resources = [][]string{
				{"arn:aws:kms:*:*:key/old-*"}, {"arn:aws:s3:::b", "arn:aws:s3:::a&b"}, {"arn:aws:kms:*:*:key/old-*", "arn:aws:s3:::*-tmp"}, {"arn:aws:ec2:*:*:volume/*"},
			}[w.IntN(4)]
		}
		out = append(out, r)
	}
	return out
}

// The module's HCL and compiler/except are one algebra written twice. Terraform
// renders many random sets of exceptions, all in one configuration, and every
// document must be the one that Go gives, byte for byte.
func TestTerraformGivesTheSameBytes(t *testing.T) {
	for name, prog := range map[string]func() ir.Program{"scp": program, "layers": layered} {
		t.Run(name, func(t *testing.T) { sameBytes(t, prog) })
	}
}

func sameBytes(t *testing.T, prog func() ir.Program) {
	t.Helper()
	tf := tftest.New(t)
	dir := writeProgram(t, prog())
	// One document a layer, whatever the exceptions: Terraform does not pack.
	roomy, _ := layer.LoadLimits([]byte("{scp-document: 100000, rcp-document: 100000, boundary-document: 100000}"), "limits.yaml")
	const cases = 40
	config := map[string]any{"module": map[string]any{}, "output": map[string]any{}}
	want := map[string]emit.Proof{}
	for i := range uint64(cases) {
		records := randomRecords(rand.New(rand.NewPCG(i, 2)))
		if i == 0 {
			records = nil
		}
		out, _ := compileWithin(t, roomy, prog(), records)
		name := fmt.Sprintf("case%d", i)
		config["module"].(map[string]any)[name] = map[string]any{
			"source": "./modules/documents", "exceptions": variables(t, out), "protected_principal_tags": []string{"guardrail-exempt"},
		}
		config["output"].(map[string]any)[name] = map[string]any{
			"value": fmt.Sprintf("${[module.%s.documents, module.%s.sizes]}", name, name),
		}
		want[name] = out.Proof
	}
	root := filepath.Join(dir, "cases")
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(root, "modules"), os.DirFS(filepath.Join(dir, "modules"))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "main.tf.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	tf.Init(root)
	tf.Run(root, "apply", "-auto-approve", "-no-color")
	var got map[string]struct{ Value []map[string]any }
	if err := json.Unmarshal(tf.Run(root, "output", "-json"), &got); err != nil {
		t.Fatal(err)
	}
	statements := 0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		for _, d := range want[name].Documents {
			if c := got[name].Value[0][d.Name]; c != d.Content {
				t.Errorf("%s: terraform\n%v\ngo\n%s", name, c, d.Content)
			}
			if n := got[name].Value[1][d.Name]; n != float64(d.Characters) {
				t.Errorf("%s: terraform counts %v bytes, go %d", name, n, d.Characters)
			}
			statements += d.Statements
		}
	}
	if statements < 5*cases {
		t.Errorf("%d cases have %d statements: too few to mean much", cases, statements)
	}
}

// Both refuse the same records.
func TestTerraformRefusesTheSame(t *testing.T) {
	tf := tftest.New(t)
	dir := filepath.Join(write(t), "modules", "documents")
	tf.Init(dir)
	sound := func(change func(map[string]any)) map[string]any {
		r := map[string]any{
			"policies": []string{"*"}, "principals": []string{"arn:aws:iam::*:role/a"}, "reason": "why", "owner": "who",
		}
		change(r)
		return r
	}
	with := func(key string, values ...string) map[string]any {
		return sound(func(r map[string]any) { r[key] = values })
	}
	set := func(key string, value any) map[string]any {
		return sound(func(r map[string]any) { r[key] = value })
	}
	for name, r := range map[string]map[string]any{
		"sound":                       sound(func(map[string]any) {}),
		"session":                     with("principals", "arn:aws:sts::111122223333:assumed-role/a/b"),
		"everyone":                    with("principals", "*"),
		"every role":                  with("principals", "arn:aws:iam::111122223333:role/*"),
		"every permission set":        with("principals", "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_*"),
		"path of roles":               with("principals", "arn:aws:iam::*:role/team/*"),
		"no ARN":                      with("principals", "break-glass"),
		"variable":                    with("principals", "arn:aws:iam::*:role/${aws:username}"),
		"permission set":              with("permission_sets", "Admin*"),
		"account":                     with("accounts", "12345"),
		"organization":                with("org_paths", "o-a1b2c3/*"),
		"unit":                        with("org_paths", "o-a1b2c3/r-ab12/ou-ab12-11111111/*"),
		"resource":                    with("resources", "arn:aws:s3"),
		"every resource":              with("resources", "arn:aws:s3:::*"),
		"resource that is targeted":   with("resources", "arn:aws:ec2:*:*:instance/i-1"),
		"resource of another type":    with("resources", "arn:aws:ec2:*:*:volume/v-1"),
		"no policy":                   with("policies"),
		"policy":                      with("policies", "a b"),
		"nobody":                      with("principals"),
		"no reason":                   set("reason", " "),
		"no owner":                    set("owner", ""),
		"unprotected tag":             set("principal_tags", map[string][]string{"team": {"a"}}),
		"protected tag":               set("principal_tags", map[string][]string{"guardrail-exempt": {"a"}}),
		"protected tag with no value": set("principal_tags", map[string][]string{"guardrail-exempt": {}}),
		"tag with a variable":         set("principal_tags", map[string][]string{"guardrail-exempt": {"${aws:username}"}}),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(map[string]any{"exceptions": map[string]any{"r": r}, "protected_principal_tags": []string{"guardrail-exempt"}})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "x.tfvars.json")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, all, err := tf.Try(dir, "plan", "-no-color", "-var-file="+file)
			if err != nil && !strings.Contains(string(all), "r: ") {
				t.Errorf("terraform fails without naming the record:\n%s", all)
			}
			if got, want := err != nil, refuses(t, text); got != want {
				t.Errorf("terraform refuses: %v, go: %v\n%s", got, want, all)
			}
		})
	}
}

// refuses reports whether compiler/except refuses a record given as tfvars.
func refuses(t testing.TB, text []byte) bool {
	t.Helper()
	var vars struct {
		Exceptions map[string]struct {
			Policies, Principals, Accounts, Resources []string
			PermissionSets                            []string            `json:"permission_sets"`
			OrgPaths                                  []string            `json:"org_paths"`
			PrincipalTags                             map[string][]string `json:"principal_tags"`
			Reason, Owner                             string
		}
	}
	if err := json.Unmarshal(text, &vars); err != nil {
		t.Fatal(err)
	}
	var records []exception.Record
	for id, e := range vars.Exceptions {
		records = append(records, exception.Record{
			ID: id, Policies: e.Policies, Principals: e.Principals, PermissionSets: e.PermissionSets, PrincipalTags: e.PrincipalTags,
			Accounts: e.Accounts, OrgPaths: e.OrgPaths, Resources: e.Resources, Reason: e.Reason, Owner: e.Owner,
		})
	}
	set, ds := except.New(records, except.Options{Now: now, ProtectedTags: []string{"guardrail-exempt"}})
	return append(ds, set.Check(program())...).HasErrors()
}
