package emit_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// write writes the module of the test program and returns its directory.
func write(t *testing.T) string {
	t.Helper()
	out, _ := compile(t, program(), records())
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
	if !strings.Contains(out, "Success! 6 passed, 0 failed.") {
		t.Errorf("terraform test:\n%s", out)
	}
	account := filepath.Join(dir, "account")
	tf.InitAWS(account)
	tf.Run(account, "validate", "-no-color")
}
