package input

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// maxGlobEntries bounds the files and directories that patterns are matched
// with.
const maxGlobEntries = 1_000_000

var errTooMany = errors.New("it would be matched with more than a million files")

// Expand replaces patterns by the paths that match them, sorted, for shells
// that do not: *, ? and [ ] within a name, and ** for any number of
// directories. Names that begin with a dot are matched only by a pattern that
// begins with one. A path that exists stands for itself, whatever it contains,
// and so do "-" and a path without such characters. A pattern that nothing
// matches is an error.
func Expand(patterns []string) ([]string, error) {
	var out []string
	for _, p := range patterns {
		if p == "-" || !strings.ContainsAny(p, "*?[") {
			out = append(out, p)
			continue
		}
		if _, err := os.Lstat(p); err == nil {
			out = append(out, p)
			continue
		}
		found, err := glob(filepath.ToSlash(p))
		if err != nil {
			return nil, diag.Errorf("input-pattern", "the pattern %s cannot be used", filepath.ToSlash(p)).WithDetail("%v.", err)
		}
		if len(found) == 0 {
			return nil, diag.Errorf("input-pattern", "nothing matches %s", filepath.ToSlash(p)).
				WithHint("check the path; a run without inputs would pass on nothing")
		}
		out = append(out, found...)
	}
	return out, nil
}

// glob matches a pattern below the directories that it begins with.
func glob(pattern string) ([]string, error) {
	pattern = path.Clean(pattern)
	base, rest := "", pattern
	for {
		head, tail, more := strings.Cut(rest, "/")
		if !more || strings.ContainsAny(head, "*?[") {
			break
		}
		base += head + "/"
		rest = tail
	}
	dir := base
	if dir == "" {
		dir = "."
	}
	var found []string
	err := walkGlob(os.DirFS(filepath.FromSlash(dir)), rest, true, func(name string, _ fs.DirEntry) error {
		found = append(found, filepath.FromSlash(base+name))
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	slices.Sort(found)
	return found, err
}

// walkGlob calls match for what matches a pattern, in the order of names.
// Links to directories are not followed.
func walkGlob(fsys fs.FS, pattern string, hide bool, match func(string, fs.DirEntry) error) error {
	parts := globParts(pattern)
	for _, p := range parts {
		if _, err := path.Match(p, ""); err != nil {
			return err
		}
	}
	deep := slices.Contains(parts, "**")
	seen := 0
	return fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if name == "." {
			return err
		}
		if seen++; seen > maxGlobEntries {
			return errTooMany
		}
		if err != nil {
			return err
		}
		steps := strings.Split(name, "/")
		if matchSteps(parts, steps, hide) {
			if err := match(name, e); err != nil {
				return err
			}
		}
		if e.IsDir() && (!deep && len(steps) >= len(parts) || !leads(parts, steps, hide)) {
			return fs.SkipDir
		}
		return nil
	})
}

// globParts cuts a pattern at its slashes. Several ** in a row mean one.
func globParts(pattern string) []string {
	return slices.CompactFunc(strings.Split(pattern, "/"), func(a, b string) bool { return a == "**" && b == "**" })
}

// matchSteps reports whether the parts of a pattern match the steps of a path.
func matchSteps(parts, steps []string, hide bool) bool {
	return reached(parts, steps, hide)[len(parts)]
}

// leads reports whether something below a directory can match.
func leads(parts, steps []string, hide bool) bool {
	at := reached(parts, steps, hide)
	return slices.Contains(at[:len(parts)], true)
}

// reached tells of every number of parts whether so many match the steps.
func reached(parts, steps []string, hide bool) []bool {
	at := make([]bool, len(parts)+1)
	at[0] = true
	skip := func() { // ** may stand for nothing
		for i, p := range parts {
			if p == "**" && at[i] {
				at[i+1] = true
			}
		}
	}
	skip()
	for _, step := range steps {
		next := make([]bool, len(at))
		for i, p := range parts {
			switch {
			case !at[i]:
			case p == "**":
				next[i] = next[i] || !hide || !strings.HasPrefix(step, ".")
			case matchStep(p, step, hide):
				next[i+1] = true
			}
		}
		at = next
		skip()
	}
	return at
}

func matchStep(part, step string, hide bool) bool {
	if hide && strings.HasPrefix(step, ".") && !strings.HasPrefix(part, ".") {
		return false
	}
	ok, err := path.Match(part, step)
	return err == nil && ok
}
