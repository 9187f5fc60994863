package archtest

import (
	"fmt"
	"io/fs"
	"strings"
)

// Document writes the rules as they stand in docs/architecture.md: a line for
// each package that is in the tree, and one for each dependency that the
// packages share out.
func Document(root fs.FS) (string, error) {
	sources, err := load(root)
	if err != nil {
		return "", err
	}
	exists := map[string]bool{}
	for _, s := range sources {
		exists[s.dir] = true
	}
	var rows [][2]string
	for _, p := range Packages {
		if !exists[p.Path] {
			continue
		}
		imports := "nothing of ours"
		if len(p.Imports) > 0 {
			imports = strings.Join(p.Imports, ", ")
		}
		rows = append(rows, [2]string{p.Path, imports})
	}
	var owners [][2]string
	for _, d := range Dependencies {
		var present []string
		for _, o := range d.Owners {
			if exists[o] {
				present = append(present, o)
			}
		}
		for _, o := range d.Tests {
			if exists[o] {
				present = append(present, o+" (tests)")
			}
		}
		if len(present) > 0 {
			owners = append(owners, [2]string{d.Module, strings.Join(present, ", ")})
		}
	}
	return align("may import", rows) + "\n" + align("is imported by", owners), nil
}

// align writes rows as a fenced block of two columns under a heading.
func align(heading string, rows [][2]string) string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "```text\n%-*s  %s\n", width, "", heading)
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s  %s\n", width, r[0], r[1])
	}
	b.WriteString("```\n")
	return b.String()
}
