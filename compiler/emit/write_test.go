package emit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
)

func file(path, text string) emit.File { return emit.File{Path: path, Data: []byte(text)} }

// names returns the files below dir, without the manifest.
func names(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != ".parapet-manifest.json" {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "module")
	first := []emit.File{file("main.tf", "one"), file("sub/deep/a.tf", "a"), file("exceptions.auto.tfvars.json", "{}")}
	if err := emit.WriteDir(dir, first, false); err != nil {
		t.Fatal(err)
	}
	// Files of others stay, files of ours that are gone go, with their directory.
	put(t, dir, "backend.tf", "mine")
	second := []emit.File{file("main.tf", "two"), first[2]}
	if err := emit.WriteDir(dir, second, false); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, dir), []string{"backend.tf", "exceptions.auto.tfvars.json", "main.tf"}; !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "sub")); err == nil {
		t.Error("an empty directory is left")
	}

	// A changed file and one in the way are refused, all of them at once, and
	// nothing is written.
	put(t, dir, "main.tf", "edited")
	put(t, dir, "exceptions.auto.tfvars.json", "edited")
	third := []emit.File{file("main.tf", "three"), file("exceptions.auto.tfvars.json", "compiled anew"), file("backend.tf", "ours"), file("new.tf", "new")}
	err := emit.WriteDir(dir, third, false)
	for _, part := range []string{"main.tf: the file was changed", "exceptions.auto.tfvars.json: the file was changed", "backend.tf: the file is in the way"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: no %q", err, part)
		}
	}
	if slices.Contains(names(t, dir), "new.tf") {
		t.Error("something was written all the same")
	}
	// A changed file is not removed either.
	if err := emit.WriteDir(dir, nil, false); err == nil {
		t.Error("a changed file was removed")
	}
	if err := emit.WriteDir(dir, third, true); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "backend.tf")); string(got) != "ours" {
		t.Errorf("force left %q", got)
	}
	// Put back by hand, a file is ours again.
	put(t, dir, "main.tf", "three")
	if err := emit.WriteDir(dir, second, false); err != nil {
		t.Error(err)
	}
}

// Exceptions that a team edited stay while the compiled ones are the same.
func TestWriteDirKeepsEditedExceptions(t *testing.T) {
	const name = "exceptions.auto.tfvars.json"
	dir := t.TempDir()
	if err := emit.WriteDir(dir, []emit.File{file(name, "{}"), file("main.tf", "one")}, false); err != nil {
		t.Fatal(err)
	}
	put(t, dir, name, "edited")
	for range 2 {
		if err := emit.WriteDir(dir, []emit.File{file(name, "{}"), file("main.tf", "two")}, false); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != "edited" {
			t.Errorf("the file holds %q", got)
		}
	}
	if err := emit.WriteDir(dir, []emit.File{file(name, "{1}")}, false); err == nil {
		t.Error("edits on both sides were not refused")
	}
	if err := emit.WriteDir(dir, []emit.File{file(name, "{}")}, true); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != "{}" {
		t.Errorf("force left %q", got)
	}
}

// A run that was interrupted leaves old and new files; the next run finishes.
func TestWriteDirAfterInterruption(t *testing.T) {
	dir := t.TempDir()
	files := []emit.File{file("a.tf", "1"), file("b.tf", "1")}
	if err := emit.WriteDir(dir, files, false); err != nil {
		t.Fatal(err)
	}
	// A link that leads nowhere stops the next run half way.
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Skipf("skipped: %v", err)
	}
	next := []emit.File{file("a.tf", "2"), file("link/c.tf", "2"), file("b.tf", "2")}
	if err := emit.WriteDir(dir, next, false); err == nil {
		t.Fatal("the link became a directory")
	}
	for name, want := range map[string]string{"a.tf": "2", "b.tf": "1"} {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Fatalf("%s holds %q: the run was not interrupted half way", name, got)
		}
	}
	if err := emit.WriteDir(dir, []emit.File{file("a.tf", "3"), file("b.tf", "3")}, false); err != nil {
		t.Error(err)
	}
	for _, n := range names(t, dir) {
		if strings.HasPrefix(n, ".parapet") {
			t.Errorf("%s is left", n)
		}
	}
}

func TestWriteDirStaysInside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "module")
	for _, path := range []string{"../x", "/x", "a/../../x", ".parapet-manifest.json"} {
		if err := emit.WriteDir(dir, []emit.File{file(path, "")}, true); err == nil {
			t.Errorf("wrote %s", path)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"files": {"../x": []}}`, "no"} {
		put(t, dir, ".parapet-manifest.json", text)
		if err := emit.WriteDir(dir, nil, true); err == nil {
			t.Errorf("took the manifest %s", text)
		}
	}
}

// Writing the same module again changes no byte and no time.
func TestWriteDirIsIdempotent(t *testing.T) {
	dir := t.TempDir()
	files := []emit.File{file("main.tf", "one")}
	if err := emit.WriteDir(dir, files, false); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(filepath.Join(dir, "main.tf"))
	manifest, _ := os.ReadFile(filepath.Join(dir, ".parapet-manifest.json"))
	if err := emit.WriteDir(dir, files, false); err != nil {
		t.Fatal(err)
	}
	again, _ := os.Stat(filepath.Join(dir, "main.tf"))
	if !again.ModTime().Equal(info.ModTime()) || !os.SameFile(info, again) {
		t.Error("main.tf was written again")
	}
	if now, _ := os.ReadFile(filepath.Join(dir, ".parapet-manifest.json")); !bytes.Equal(now, manifest) {
		t.Error("the manifest changed")
	}
}
