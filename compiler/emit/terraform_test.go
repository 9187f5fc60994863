package emit_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// write writes the module of the test program and returns its directory.
func write(t *testing.T) string {
	t.Helper()
	return writeProgram(t, program())
}

func writeProgram(t *testing.T, prog ir.Program) string {
	t.Helper()
	out, _ := compile(t, prog, records())
	dir := t.TempDir()
	if err := emit.WriteDir(dir, out.Files, false); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestTerraformFormat(t *testing.T) {
	tftest.New(t).Run(write(t), "fmt", "-check", "-diff", "-recursive", "-no-color")
}

// The documents and their tests need neither a provider nor an account.
func TestTerraformDocuments(t *testing.T) {
	tf := tftest.New(t)
	dir := filepath.Join(write(t), "modules", "documents")
	tf.Init(dir)
	tf.Run(dir, "validate", "-no-color")
	out := string(tf.Run(dir, "test", "-no-color"))
	if !strings.Contains(out, "Success! 16 passed, 0 failed.") {
		t.Errorf("terraform test:\n%s", out)
	}
}

func TestTerraformRoot(t *testing.T) {
	tf := tftest.New(t)
	dir := write(t)
	tf.InitAWS(dir)
	tf.Run(dir, "validate", "-no-color")
	out := string(tf.Run(dir, "test", "-no-color"))
	if !strings.Contains(out, "Success! 7 passed, 0 failed.") {
		t.Errorf("terraform test:\n%s", out)
	}
	account := filepath.Join(dir, "account")
	tf.InitAWS(account)
	tf.Run(account, "validate", "-no-color")
}

// Programs at the edges: none of these may break the module.
func TestTerraformEdges(t *testing.T) {
	odd := program()
	odd.Guardrails = odd.Guardrails[:1]
	odd.Guardrails[0].ID, odd.Guardrails[0].Statements[0].Guardrail = "1st/odd.id", "1st/odd.id"
	odd.Guardrails[0].Title = "Two\nlines and ${a.template} %{ if }"
	for i := range odd.Guardrails[0].Tests {
		odd.Guardrails[0].Tests[i].Guardrail = "1st/odd.id"
		odd.Guardrails[0].Tests[i].Name = "aws_instance.x[\"${each.key}\"]"
	}
	settings := program()
	settings.Guardrails = settings.Guardrails[3:]
	for name, prog := range map[string]ir.Program{"empty": {}, "settings alone": settings, "odd names": odd} {
		t.Run(name, func(t *testing.T) {
			tf := tftest.New(t)
			out, _ := compile(t, prog, nil)
			dir := t.TempDir()
			if err := emit.WriteDir(dir, out.Files, false); err != nil {
				t.Fatal(err)
			}
			tf.Run(dir, "fmt", "-check", "-diff", "-recursive", "-no-color")
			documents := filepath.Join(dir, "modules", "documents")
			tf.Init(documents)
			tf.Run(documents, "test", "-no-color")
			tf.InitAWS(dir)
			tf.Run(dir, "test", "-no-color")
		})
	}
}
