package engine

import (
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

func read(fsys fs.FS, prefix string, want func(name string) bool) ([]Module, error) {
	var mods []Module
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := path.Base(name); name != "." && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".rego") || !want(name) {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		mods = append(mods, Module{Path: path.Join(prefix, name), Source: src})
		return nil
	})
	return mods, err
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
