package engine

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Module is one Rego file. Path names it in diagnostics, with forward slashes.
type Module struct {
	Path   string
	Source []byte
	// Checked says that a test has held the module to everything that [New]
	// checks, as with the embedded library. What it need not know is not looked
	// at again.
	Checked bool
}

// ReadModules reads every .rego file below the root of fsys in order, except
// tests. The prefix stands before each path in diagnostics.
func ReadModules(fsys fs.FS, prefix string) ([]Module, error) {
	return read(fsys, prefix, func(name string) bool { return !strings.HasSuffix(name, "_test.rego") })
}

// ReadTests reads every _test.rego file below the root of fsys in order.
func ReadTests(fsys fs.FS, prefix string) ([]Module, error) {
	return read(fsys, prefix, func(name string) bool { return strings.HasSuffix(name, "_test.rego") })
}

// maxDirectories bounds how deep directories of policies are read. Only links
// that lead back to themselves are deeper.
const maxDirectories = 30

// read reads the wanted files. Links are followed, since a directory that is not
// read would pass what its policies deny; directories whose names begin with a
// dot are not policies of anyone.
func read(fsys fs.FS, prefix string, want func(name string) bool) ([]Module, error) {
	var mods []Module
	var walk func(dir string, depth int) error
	walk = func(dir string, depth int) error {
		if depth > maxDirectories {
			return &fs.PathError{Op: "read", Path: path.Join(prefix, dir), Err: errors.New("more than 30 directories deep; does a link lead back?")}
		}
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			return err
		}
		for _, d := range entries {
			name, isDir := path.Join(dir, d.Name()), d.IsDir()
			isPolicy := strings.HasSuffix(name, ".rego")
			if d.Type()&fs.ModeSymlink != 0 {
				target, err := fs.Stat(fsys, name)
				if err != nil && (isPolicy || !errors.Is(err, fs.ErrNotExist)) {
					return err
				}
				isDir = err == nil && target.IsDir()
			}
			switch {
			case isDir && strings.HasPrefix(d.Name(), "."):
			case isDir:
				if err := walk(name, depth+1); err != nil {
					return err
				}
			case isPolicy && want(name):
				src, err := fs.ReadFile(fsys, name)
				if err != nil {
					return err
				}
				mods = append(mods, Module{Path: path.Join(prefix, name), Source: src})
			}
		}
		return nil
	}
	return mods, walk(".", 0)
}

// parse reads the modules as Rego v1 with their annotations.
func parse(mods []Module) (map[string]*ast.Module, diag.Diagnostics) {
	var ds diag.Diagnostics
	parsed := make(map[string]*ast.Module, len(mods))
	opts := ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: capabilities()}
	for _, m := range mods {
		if _, ok := parsed[m.Path]; ok {
			ds = append(ds, diag.Errorf("policy-duplicate-file", "the file is given twice").At(diag.Place{File: m.Path}))
			continue
		}
		mod, err := ast.ParseModuleWithOpts(m.Path, string(m.Source), opts)
		if err != nil {
			ds = append(ds, regoErrors("policy-syntax", err)...)
			continue
		}
		if mod == nil {
			ds = append(ds, diag.Errorf("policy-empty", "the file holds no Rego").At(diag.Place{File: m.Path}))
			continue
		}
		parsed[m.Path] = mod
	}
	return parsed, ds
}

// Package returns the package of a module, such as parapet.lib, and its place.
// It is empty when the module cannot be parsed; [New] says why.
func (m Module) Package() (string, diag.Place) {
	mod, err := ast.ParseModuleWithOpts(m.Path, string(m.Source), ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities()})
	if err != nil || mod == nil {
		return "", diag.Place{File: m.Path}
	}
	return strings.TrimPrefix(mod.Package.Path.String(), "data."), placeOf(mod.Package.Location)
}

// compile checks and compiles all modules together, once.
func compile(mods map[string]*ast.Module) (*ast.Compiler, diag.Diagnostics) {
	c := newCompiler()
	c.Compile(mods)
	if c.Failed() {
		return nil, regoErrors("policy-invalid", c.Errors)
	}
	return c, nil
}

func newCompiler() *ast.Compiler {
	return ast.NewCompiler().
		WithCapabilities(capabilities()).
		WithDefaultRegoVersion(ast.RegoV1).
		WithStrict(true).
		SetErrorLimit(0)
}

// regoErrors turns OPA's errors into diagnostics with places.
func regoErrors(code string, err error) diag.Diagnostics {
	list, ok := err.(ast.Errors) //nolint:errorlint // OPA returns this type itself, never wrapped
	if !ok {
		return diag.From(code, err)
	}
	var ds diag.Diagnostics
	for _, e := range list {
		d := diag.Errorf(code, "%s", e.Message).At(placeOf(e.Location))
		if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok {
			if why, removed := refused[name]; removed {
				d.Code = "policy-capability"
				d = d.WithDetail("Policies cannot call %s: %s.", name, why)
			}
		}
		if e.Details != nil {
			if lines := e.Details.Lines(); len(lines) > 0 && d.Detail == "" {
				d.Detail = strings.Join(lines, "\n")
			}
		}
		ds = append(ds, d)
	}
	return ds
}

func placeOf(l *ast.Location) diag.Place {
	if l == nil {
		return diag.Place{}
	}
	return diag.Place{File: l.File, Line: l.Row, Column: l.Col}
}
