// Package golden compares what a test produced with what is on record, and
// rewrites the record under -update. It is for tests only, and the one package
// that registers that flag.
//
// There are two forms. [File] holds one output in one file. [Open] reads a
// txtar archive that holds an input and the output of every stage that it goes
// through, so that a failure names the stage:
//
//	a := golden.Open(t, "testdata/case.txtar")
//	p := parse(a.Input("in.rego"))
//	a.Want("out/lower", print(lower(p)))
//
// Sections below out/ are outputs. One that nothing produced fails the test: it
// would otherwise look as if it were checked.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files instead of comparing with them")

// Update reports whether the run rewrites golden files.
func Update() bool { return *update }

// File compares got with the file, or writes it under -update. The path has
// forward slashes and is relative to the test's package.
func File(t testing.TB, path string, got []byte) {
	t.Helper()
	path = filepath.FromSlash(path)
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run make golden", err)
	}
	compare(t, filepath.ToSlash(path), want, got)
}

// Archive is a txtar file with inputs and the recorded outputs of stages.
type Archive struct {
	t        testing.TB
	path     string
	data     *txtar.Archive
	produced map[string]bool
}

// Open reads an archive. When the test ends, it fails for every recorded output
// that was not produced, or under -update rewrites the archive without it.
func Open(t testing.TB, path string) *Archive {
	t.Helper()
	data, err := txtar.ParseFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	a := &Archive{t: t, path: path, data: data, produced: map[string]bool{}}
	t.Cleanup(a.close)
	return a
}

// Input returns a section, and fails the test when there is none.
func (a *Archive) Input(name string) []byte {
	a.t.Helper()
	i := a.index(name)
	if i < 0 {
		a.t.Fatalf("%s has no section %s", a.path, name)
	}
	return a.data.Files[i].Data
}

// Want compares what a stage produced with the section of that name, which
// begins with out/. A section ends in a newline: the last one is added.
func (a *Archive) Want(stage, got string) {
	a.t.Helper()
	if !isOutput(stage) {
		a.t.Fatalf("output %s must be called out/…", stage)
	}
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	a.produced[stage] = true
	i := a.index(stage)
	switch {
	case *update && i < 0:
		a.data.Files = append(a.data.Files, txtar.File{Name: stage, Data: []byte(got)})
	case *update:
		a.data.Files[i].Data = []byte(got)
	case i < 0:
		a.t.Errorf("%s has no section %s; run make golden. It would hold:\n%s", a.path, stage, got)
	default:
		compare(a.t, a.path+": "+stage, a.data.Files[i].Data, []byte(got))
	}
}

func (a *Archive) close() {
	stale := func(f txtar.File) bool { return isOutput(f.Name) && !a.produced[f.Name] }
	if *update {
		if !a.t.Failed() {
			a.data.Files = slices.DeleteFunc(a.data.Files, stale)
			write(a.t, filepath.FromSlash(a.path), txtar.Format(a.data))
		}
		return
	}
	for _, f := range a.data.Files {
		if stale(f) {
			a.t.Errorf("%s: nothing produced %s", a.path, f.Name)
		}
	}
}

func (a *Archive) index(name string) int {
	return slices.IndexFunc(a.data.Files, func(f txtar.File) bool { return f.Name == name })
}

func isOutput(name string) bool { return strings.HasPrefix(name, "out/") }

// compare fails the test with a diff. A checkout may have changed line ends.
func compare(t testing.TB, name string, want, got []byte) {
	t.Helper()
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if d := diff.Diff(name+" (recorded)", want, name+" (now)", got); len(d) > 0 {
		t.Errorf("%s; make golden rewrites it\n%s", name, d)
	}
}

// write leaves the file alone when nothing changed, for the test cache's sake.
func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
