// Package archtest checks the shape of the tree: which package imports which,
// who owns which dependency, and the few habits that a linter cannot see whole.
// The rules are data, in rules.go; [Check] compares them with the sources; the
// test of this package runs it on the repository.
//
// It reads and parses the files itself instead of asking `go list`: the test
// cache knows of the files that a test opens, but not of those that a
// subprocess reads, and would go on saying "ok" after a rule is broken.
package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is one parsed Go file.
type source struct {
	path string // relative to the root of the module, with slashes
	dir  string // of the package
	test bool
	file *ast.File
	fset *token.FileSet
	data []byte
}

// Check reads every Go file of the module in root and returns what breaks the
// rules, sorted, one sentence a breach with its place. The error says that the
// sources could not be read or parsed.
func Check(root fs.FS) ([]string, error) {
	sources, err := load(root)
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, errors.New("no Go files: is this the root of the module?")
	}
	var out []string
	for _, s := range sources {
		out = append(out, s.imports()...)
		out = append(out, s.size()...)
		if !s.test {
			out = append(out, s.habits()...)
		}
	}
	out = append(out, packages(sources)...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// load parses the Go files below root. It leaves out what the go command leaves
// out (testdata, names that begin with a dot or underscore) and other modules.
func load(root fs.FS) ([]source, error) {
	var sources []source
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if skipDir(root, p) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(p) != ".go" || strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		data, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		s := source{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), fset: token.NewFileSet(), data: data}
		s.file, err = parser.ParseFile(s.fset, p, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		sources = append(sources, s)
		return nil
	})
	return sources, err
}

func skipDir(root fs.FS, p string) bool {
	if p == "." {
		return false
	}
	name := path.Base(p)
	if name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_' {
		return true
	}
	_, err := fs.Stat(root, path.Join(p, "go.mod"))
	return err == nil // a module of its own
}

// at returns path:line of a node.
func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// imports checks the file's imports against Packages and Dependencies.
func (s source) imports() []string {
	row, listed := lookup(s.dir)
	if !listed {
		return nil // packages says so, once
	}
	allowed := row.Imports
	if s.test {
		// A test in package x_test imports x.
		allowed = slices.Concat(allowed, row.Tests, Everywhere, []string{s.dir})
	}
	var out []string
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser accepts no such file
		}
		if own, ok := within(p, Module); ok {
			if !slices.ContainsFunc(allowed, func(a string) bool { return covers(a, own) }) {
				out = append(out, fmt.Sprintf("%s: %s may not import %s", s.at(spec), s.dir, own))
			}
			continue
		}
		if instead, bad := ForbiddenImports[p]; bad && !s.test {
			out = append(out, fmt.Sprintf("%s: %s is not imported here: %s", s.at(spec), p, instead))
		}
		if first, _, _ := strings.Cut(p, "/"); !strings.Contains(first, ".") {
			continue // the standard library
		}
		if msg := s.dependency(p); msg != "" {
			out = append(out, s.at(spec)+": "+msg)
		}
	}
	return out
}

// dependency says what is wrong with the file importing p, or "".
func (s source) dependency(p string) string {
	for _, dep := range Dependencies {
		if _, ok := within(p, dep.Module); !ok {
			continue
		}
		if slices.Contains(dep.Owners, s.dir) || s.test && slices.Contains(dep.Tests, s.dir) {
			return ""
		}
		return fmt.Sprintf("%s may not import %s; its owners are %s", s.dir, p, strings.Join(dep.Owners, ", "))
	}
	return fmt.Sprintf("%s imports %s, which has no owner in archtest.Dependencies", s.dir, p)
}

// size checks the length of the file.
func (s source) size() []string {
	if ast.IsGenerated(s.file) {
		return nil
	}
	if n := bytes.Count(s.data, []byte("\n")); n > MaxLines {
		return []string{fmt.Sprintf("%s: %d lines; the limit is %d", s.path, n, MaxLines)}
	}
	return nil
}

// habits checks code for init functions and for the process's own streams,
// environment and clock.
func (s source) habits() []string {
	names := s.localNames()
	row, _ := lookup(s.dir)
	var out []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				out = append(out, s.at(n)+": init function: write a table or a sync.OnceValue")
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok || row.Process {
				break
			}
			name := names[pkg.Name] + "." + n.Sel.Name
			if instead, bad := Forbidden[name]; bad {
				out = append(out, fmt.Sprintf("%s: %s is for cmd: %s", s.at(n), name, instead))
			}
		}
		return true
	})
	return out
}

// localNames maps the names that the file gives to its imports to their paths.
func (s source) localNames() map[string]string {
	names := map[string]string{}
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = p
	}
	return names
}

// packages checks what holds for a package as a whole: it has a row, a doc
// comment in one of its files, and a name that says something.
func packages(sources []source) []string {
	var out []string
	documented := map[string]bool{}
	for _, s := range sources {
		// A directory of tests alone is documented in one of them.
		documented[s.dir] = documented[s.dir] || s.file.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			out = append(out, dir+": no package comment")
		}
		if _, listed := lookup(dir); !listed {
			out = append(out, dir+": not in archtest.Packages: say what it may import")
		}
		if slices.Contains(VagueNames, path.Base(dir)) {
			out = append(out, dir+": name the package after what it owns")
		}
	}
	return out
}

// lookup returns the row of a package.
func lookup(dir string) (Package, bool) {
	i := slices.IndexFunc(Packages, func(p Package) bool { return p.Path == dir })
	if i < 0 {
		return Package{}, false
	}
	return Packages[i], true
}

// within returns the rest of the import path p below the module.
func within(p, module string) (string, bool) {
	if p == module {
		return ".", true
	}
	return strings.CutPrefix(p, module+"/")
}

// covers reports whether an entry of the table allows a package.
func covers(entry, pkg string) bool {
	if below, ok := strings.CutSuffix(entry, "/..."); ok {
		return strings.HasPrefix(pkg, below+"/")
	}
	return entry == pkg
}
