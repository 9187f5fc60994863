package engine

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/schema"
	"github.com/parapet-dev/parapet/policies"
)

// TestSchema compares what is said of policies that read what is not there.
func TestSchema(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "schema") {
		t.Run(strings.TrimSuffix(file, ".txtar"), func(t *testing.T) {
			a := golden.Open(t, file)
			_, ds := New(Options{Modules: modules(a.Input("policies")), Schema: schema.AWS})
			var b strings.Builder
			if err := (diag.Writer{Out: &b}).Write(ds...); err != nil {
				t.Fatal(err)
			}
			a.Want("out/diagnostics", b.String())
		})
	}
}

// TestLibraryAgainstSchema is why the library counts as checked when a program
// runs.
func TestLibraryAgainstSchema(t *testing.T) {
	t.Parallel()
	mods, err := ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	e, ds := New(Options{Modules: mods, Schema: schema.AWS})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	provider, err := schema.AWS()
	if err != nil {
		t.Fatal(err)
	}
	if ds := e.Lint(provider); len(ds) > 0 {
		t.Error(ds)
	}
}
