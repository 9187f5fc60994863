package bundle

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reading is what a module says of itself and of others.
type reading struct {
	pkg  ast.Ref
	id   string    // custom.id of its METADATA; empty for helpers
	refs []ast.Ref // what it names below data
	line int       // of the package
}

// readModule parses a module. One that cannot be parsed says nothing: whoever
// compiles it tells why.
func readModule(m Module) (reading, bool) {
	version := ast.RegoV1
	if m.RegoVersion == RegoV0 {
		version = ast.RegoV0
	}
	mod, err := ast.ParseModuleWithOpts(m.Path, string(m.Source), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: version})
	if err != nil || mod == nil {
		return reading{}, false
	}
	r := reading{pkg: mod.Package.Path}
	if mod.Package.Location != nil {
		r.line = mod.Package.Location.Row
	}
	for _, a := range mod.Annotations {
		if id, ok := a.Custom["id"].(string); ok && a.Scope == "package" {
			r.id = id
		}
	}
	seen := map[string]bool{}
	ast.WalkRefs(mod, func(ref ast.Ref) bool {
		ref = ref.ConstantPrefix()
		if len(ref) > 1 && ref[0].Equal(ast.DefaultRootDocument) && !seen[ref.String()] {
			seen[ref.String()] = true
			r.refs = append(r.refs, ref)
		}
		return false
	})
	return r, true
}

// NewModule makes a module of a file, which says itself which version of Rego it
// is written in: v0 where that was said, or where it is nothing else.
func NewModule(path string, source []byte, v0 bool) Module {
	m := Module{Path: path, Source: source, RegoVersion: RegoV1}
	old := Module{Path: path, Source: source, RegoVersion: RegoV0}
	if _, ok := readModule(m); v0 || !ok {
		if _, ok := readModule(old); ok {
			return old
		}
	}
	return m
}

// Package returns the package of a module, such as parapet.lib, and its line. It
// is empty when the module cannot be parsed.
func (m Module) Package() (string, int) {
	r, ok := readModule(m)
	if !ok {
		return "", 0
	}
	return dotted(r.pkg), r.line
}

// PolicyIDs returns the ids of the policies among modules, sorted.
func PolicyIDs(mods []Module) []string {
	ids := map[string]bool{}
	for _, m := range mods {
		if r, ok := readModule(m); ok && r.id != "" {
			ids[r.id] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

// Packages returns the packages of modules, such as parapet.lib, sorted.
func Packages(mods []Module) []string {
	names := map[string]bool{}
	for _, m := range mods {
		if r, ok := readModule(m); ok {
			names[dotted(r.pkg)] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func dotted(pkg ast.Ref) string { return strings.TrimPrefix(pkg.String(), "data.") }

// WithImports returns the modules that are wanted and those that they need:
// every module whose package they name, or look into, and so on. The order is
// that of the modules.
func WithImports(mods []Module, want func(Module) bool) []Module {
	readings := make([]reading, len(mods))
	in := make([]bool, len(mods))
	var todo []int
	for i, m := range mods {
		readings[i], _ = readModule(m)
		if in[i] = want(m); in[i] {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		from := readings[todo[0]]
		todo = todo[1:]
		for i, r := range readings {
			if in[i] || len(r.pkg) == 0 {
				continue
			}
			// A package is whole only with all of its modules.
			named := slices.ContainsFunc(from.refs, func(ref ast.Ref) bool { return ref.HasPrefix(r.pkg) || r.pkg.HasPrefix(ref) })
			if named || r.pkg.Equal(from.pkg) {
				in[i] = true
				todo = append(todo, i)
			}
		}
	}
	var out []Module
	for i, m := range mods {
		if in[i] {
			out = append(out, m)
		}
	}
	return out
}
