package input

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestExpand(t *testing.T) {
	dir := write(t, map[string]string{
		"p/a.json": "", "p/b.json": "", "p/c.txt": "", "p/.h.json": "", "p/q/a.json": "", "p/q/r/a.json": "", "p/.h/a.json": "", "[x].json": "", "x.json": "",
	})
	t.Chdir(dir)
	for pattern, want := range map[string][]string{
		"-": {"-"}, "absent.json": {"absent.json"}, "p/*.json": {"p/a.json", "p/b.json"}, "p/[ab].json": {"p/a.json", "p/b.json"},
		"p/?.txt": {"p/c.txt"}, "*/*.txt": {"p/c.txt"}, "p/.*.json": {"p/.h.json"}, "[x].json": {"[x].json"}, "?.json": {"x.json"},
		"**/a.json": {"p/a.json", "p/q/a.json", "p/q/r/a.json"}, "p/**/r/*.json": {"p/q/r/a.json"}, "p/.h/*": {"p/.h/a.json"},
		"./p/*.txt": {"p/c.txt"}, "p/**": {"p/a.json", "p/b.json", "p/c.txt", "p/q", "p/q/a.json", "p/q/r", "p/q/r/a.json"}, "p/*": {"p/a.json", "p/b.json", "p/c.txt", "p/q"},
	} {
		got, err := Expand([]string{pattern})
		for i := range got {
			got[i] = filepath.ToSlash(got[i])
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s gives %q, %v, want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"none/*.json", "p/*.jsn", "p/[", "p/**/none"} {
		if got, err := Expand([]string{"p/a.json", pattern}); err == nil {
			t.Errorf("%s gives %q", pattern, got)
		}
	}
	abs, err := Expand([]string{filepath.Join(dir, "p", "*.txt")})
	if err != nil || len(abs) != 1 || abs[0] != filepath.Join(dir, "p", "c.txt") {
		t.Errorf("%q, %v", abs, err)
	}
}

// FuzzGlob holds that no pattern makes the matching of a path panic or run
// away, and that a path matches itself.
func FuzzGlob(f *testing.F) {
	f.Add("**/a/**/*.json", "x/a/y/b.json")
	f.Add("**/**/**/**/**/**/**/**/**/**/b", "a/a/a/a/a/a/a/a/a/a/a/a")
	f.Add("[", ".")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern)+len(name) > 100 {
			return
		}
		parts, steps := globParts(pattern), globParts(name)
		if matchSteps(parts, steps, true) && !matchSteps(parts, steps, false) {
			t.Errorf("%q matches %q only when names are hidden", pattern, name)
		}
		for i := range steps {
			if matchSteps(parts, steps, false) && !leads(parts, steps[:i], false) {
				t.Errorf("%q matches %q, but is not looked for in %q", pattern, name, steps[:i])
			}
		}
	})
}
