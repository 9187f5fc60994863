package engine

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// What follows is for the package document, which evaluates policies of another
// kind under the same restrictions.

// Capabilities returns what policies may use, in a version of Rego.
func Capabilities(v ast.RegoVersion) *ast.Capabilities {
	if v == ast.RegoV1 {
		return capabilities()
	}
	caps := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(v))
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool { return refused[b.Name] != "" })
	caps.AllowNet = []string{}
	return caps
}

// RegoErrors turns OPA's errors into diagnostics with places.
func RegoErrors(code string, err error) diag.Diagnostics { return regoErrors(code, err) }

// PlaceOf returns where something stands in a policy.
func PlaceOf(l *ast.Location) diag.Place { return placeOf(l) }

// Match reports whether a glob, in which * matches any run of characters,
// matches all of s. Policies are selected so.
func Match(glob, s string) bool { return match(glob, s) }

// None returns an engine without policies, which passes nothing and finds
// nothing. It stands in where a run has policies of another kind only.
func None() *Engine {
	return &Engine{program: &program{compiler: ast.NewCompiler(), store: newStore(nil), constants: func() map[string]bool { return nil }}, jobs: 1}
}
