package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDestination follows links to what is replaced, and leaves what is no file
// where it is: renaming onto /dev/stdout would take it from everybody.
func TestDestination(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link": "file", "links": "link", "dangling": "new", "loop": "loop", "dir": ".", "out": "/proc/self/fd/1", "err": "/dev/fd/2",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip("this system makes no links:", err)
		}
	}
	for _, tt := range []struct {
		path   string
		to     string
		stream bool
		fails  bool
	}{
		{path: "file", to: "file"},
		{path: "new", to: "new"},
		{path: "link", to: "file"},
		{path: "links", to: "file"},
		{path: "dangling", to: "new"},
		{path: "loop", fails: true},
		{path: "dir", fails: true},
		{path: ".", fails: true},
		{path: "out", to: "/proc/self/fd/1", stream: true},
		{path: "err", to: "/dev/fd/2", stream: true},
	} {
		to, stream, err := destination(filepath.Join(dir, tt.path))
		want := tt.to
		if want != "" && !filepath.IsAbs(want) {
			want = filepath.Join(dir, want)
		}
		if to != want || stream != tt.stream || (err != nil) != tt.fails {
			t.Errorf("%s: %s, stream %t, %v", tt.path, to, stream, err)
		}
	}
}

// TestReplaceFile writes through a link, and behind what a stream holds.
func TestReplaceFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Skip("this system makes no links:", err)
	}
	if err := replaceFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "new" {
		t.Errorf("%q", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if err := appendTo(file, []byte("er")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "newer" {
		t.Errorf("%q", got)
	}
}
