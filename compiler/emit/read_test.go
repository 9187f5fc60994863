package emit_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// module is the files of the test program's module.
func module(t testing.TB) fstest.MapFS {
	t.Helper()
	out, _ := compile(t, program(), records())
	files := fstest.MapFS{}
	for _, f := range out.Files {
		files[f.Path] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

func read(files fstest.MapFS) (emit.Emitted, diag.Diagnostics) {
	return emit.ReadModule(files, emit.ReadOptions{Dir: "g", Now: now})
}

// Reading what was emitted gives the documents' exact text again.
func TestReadModule(t *testing.T) {
	m, ds := read(module(t))
	if len(ds) > 0 || len(m.Changed) > 0 {
		t.Fatalf("%v\nchanged: %v", ds, m.Changed)
	}
	if len(m.Documents) != len(m.Proof.Documents) || len(m.Documents) == 0 {
		t.Fatalf("%d documents of %d", len(m.Documents), len(m.Proof.Documents))
	}
	for i, d := range m.Documents {
		want := m.Proof.Documents[i]
		if got := string(m.Policy(d).TerraformJSON()); got != want.Content || d.Name != want.Name || d.Layer != want.Layer {
			t.Errorf("document %s:\n%s\nwant\n%s", d.Name, got, want.Content)
		}
	}
	if !reflect.DeepEqual(m.Settings, program().Guardrails[3].Settings) {
		t.Errorf("settings: %v", m.Settings)
	}
	if len(m.Tests) != 4 || !slices.ContainsFunc(m.Tests, func(r ir.TestRequest) bool {
		return r.Deny && r.Guardrail == "aws-ec2-imdsv2" && slices.Equal(r.Context["ec2:MetadataHttpTokens"], []string{"optional"})
	}) {
		t.Errorf("tests: %v", m.Tests)
	}
	if got := m.StatementPlace("Ec2Imdsv2"); got.File != "g/modules/documents/statements.tf" || got.Line == 0 {
		t.Errorf("place of a statement: %v", got)
	}
	if got := m.ExceptionPlace("migration"); got.File != "g/exceptions.auto.tfvars.json" || got.Line == 0 {
		t.Errorf("place of an exception: %v", got)
	}
}

// What people do to a module: each edit, and what is said of it.
func TestReadEdited(t *testing.T) {
	const statements, exceptions = "modules/documents/statements.tf", "exceptions.auto.tfvars.json"
	replace := func(file, old, with string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, m fstest.MapFS) {
			t.Helper()
			text := string(m[file].Data)
			if !strings.Contains(text, old) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			m[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, old, with, 1))}
		}
	}
	add := func(file, text string) func(*testing.T, fstest.MapFS) {
		return func(_ *testing.T, m fstest.MapFS) { m[file] = &fstest.MapFile{Data: []byte(text)} }
	}
	remove := func(file string) func(*testing.T, fstest.MapFS) {
		return func(_ *testing.T, m fstest.MapFS) { delete(m, file) }
	}
	for _, c := range []struct {
		name    string
		edit    func(*testing.T, fstest.MapFS)
		want    string // of the worst diagnostic: code, and the file where there is no line
		changed string
	}{
		{"no proof", remove("proof.json"), "not-a-module", ""},
		{"proof edited", replace("proof.json", `ec2:RunInstances\"`, `ec2:RunInstance\"`), "g/proof.json proof-changed", ""},
		{"no statements", remove(statements), "g/" + statements + " module-incomplete", ""},
		{"function", replace(statements, `["ec2:RunInstances"]`, `sort(["ec2:RunInstances"])`), "module-value", ""},
		{"reference", replace(statements, `["ec2:RunInstances"]`, `local.actions`), "module-value", ""},
		{"syntax", replace(statements, `statements = {`, `statements = [`), "module-syntax", ""},
		{"operator", replace(statements, `NumericLessThan `, `NumericLesser `), "module-value", ""},
		{"stray statement", replace(statements, `["Ec2Imdsv2", `, `[`), "module-unplaced", ""},
		{"unknown statement", replace(statements, `["Ec2Imdsv2", `, `["Ec2Imdsv3", `), "module-value", ""},
		{"not_actions", replace(statements, `actions   = ["ec2:RunInstances"]`, "actions   = [\"ec2:RunInstances\"]\nnot_actions = []"), "module-ignored", ""},
		{"two files", add("modules/documents/more.tf", "locals {\n  other = 1\n}\n"), "", ""},
		{"defined twice", add("modules/documents/more.tf", "locals {\n  statements = {}\n}\n"), "module-twice", ""},
		{"misspelt limit", replace(exceptions, `"expires"`, `"expire"`), "exception-field", ""},
		{"wrong date", replace(exceptions, `2100-03-31T00:00:00Z`, `31.3.2100`), "exception-malformed", ""},
		{"expired", replace(exceptions, `2100-03-31T00:00:00Z`, `2025-03-31`), "exception-expired", ""},
		{"everybody", replace(exceptions, `arn:aws:iam::*:role/break-glass`, `*`), "exception-too-broad", ""},
		{"later values win", add("zz.auto.tfvars", "exceptions = {}\n"), "", ""},
		{"logic", replace("modules/documents/main.tf", `"Deny"`, `"Allow"`), "", "g/modules/documents/main.tf"},
		{"wiring", replace("main.tf", `= each.value`, `= lower(each.value)`), "", "g/main.tf"},
		{"variable", replace("variables.tf", `"ticket", "expires",`, `"ticket", "expires", "expirez",`), "", "g/variables.tf"},
		{"override", add("modules/documents/x_override.tf", "locals {}\n"), "", "g/modules/documents/x_override.tf"},
		{"root override", add("override.tf.json", "{}\n"), "", "g/override.tf.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := module(t)
			c.edit(t, files)
			m, ds := read(files)
			got := ""
			slices.SortStableFunc(ds, func(a, b diag.Diagnostic) int { return cmp.Compare(a.Severity, b.Severity) })
			if len(ds) > 0 {
				got = ds[0].Code
				if ds[0].Subject.Line == 0 && ds[0].Subject.File != "" {
					got = ds[0].Subject.String() + " " + got
				}
			}
			if got != c.want {
				t.Errorf("diagnostics: %q, want %q\n%v", got, c.want, ds)
			}
			changed := ""
			if len(m.Changed) > 0 {
				changed = m.Changed[0].File
			}
			if changed != c.changed {
				t.Errorf("changed: %q, want %q", changed, c.changed)
			}
		})
	}
	t.Run("values", func(t *testing.T) {
		files := module(t)
		files["zz.auto.tfvars"] = &fstest.MapFile{Data: []byte(`exceptions = {
  only = {
    policies   = ["*"]
    accounts   = [123456789012]
    principals = null
    reason     = "r"
    owner      = "o"
    expires    = "2099-01-02"
  }
}
`)}
		m, ds := read(files)
		if len(ds) > 0 || len(m.Records) != 1 || m.Records[0].Accounts[0] != "123456789012" ||
			!m.Records[0].Expires.Equal(time.Date(2099, 1, 2, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%v %v", m.Records, ds)
		}
	})
}

// FuzzReadModule states that no statements.tf makes reading panic.
func FuzzReadModule(f *testing.F) {
	files := module(f)
	f.Add(files["modules/documents/statements.tf"].Data, files["exceptions.auto.tfvars.json"].Data)
	f.Add([]byte("locals {\n statements = {a = {conditions = {Bool = {x = [true]}}}}\n documents = {}\n}"), []byte(`{"exceptions": {"a": null}}`))
	f.Fuzz(func(t *testing.T, statements, exceptions []byte) {
		files["modules/documents/statements.tf"] = &fstest.MapFile{Data: statements}
		files["exceptions.auto.tfvars.json"] = &fstest.MapFile{Data: exceptions}
		m, ds := read(files)
		if ds.HasErrors() {
			return
		}
		for _, d := range m.Documents {
			m.Policy(d).TerraformJSON()
		}
	})
}
