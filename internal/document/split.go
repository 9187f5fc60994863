package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
)

// Parts are the modules of a directory by who evaluates them. Helpers are on
// both sides where both need them.
type Parts struct {
	Resource []engine.Module // for the engine
	Document []engine.Module // for [New]; empty: there are no document policies
	Policies bool            // Resource holds policies, not only helpers, or what cannot be read
}

// pkg is one package while modules are split.
type pkg struct {
	modules  []engine.Module
	document bool            // its rules are about whole documents
	resource bool            // it has the METADATA of a policy, or must have it
	refers   map[string]bool // below data
}

// Split tells document policies from the policies of the engine. A package
// belongs to the engine when it has custom.id in its METADATA, or reads
// input.resource as only policies of the engine do. A module that is no Rego at
// all goes to the engine, which says what is wrong with it.
func Split(modules []engine.Module) Parts {
	var parts Parts
	packages := map[string]*pkg{}
	for _, m := range modules {
		mod, v0 := parseAny(m)
		if mod == nil {
			parts.Resource, parts.Policies = append(parts.Resource, m), true
			continue
		}
		name := mod.Package.Path.String()
		p := packages[name]
		if p == nil {
			p = &pkg{refers: map[string]bool{}}
			packages[name] = p
		}
		p.modules = append(p.modules, m)
		p.read(mod)
		if v0 {
			p.document = true // the engine takes Rego v1 only
		}
	}
	var documents, resources []string
	for name, p := range packages {
		switch {
		case p.resource:
			p.document = false
			resources = append(resources, name)
		case p.document:
			documents = append(documents, name)
		}
	}
	if len(documents) == 0 {
		return Parts{Resource: modules, Policies: true}
	}
	parts.Policies = parts.Policies || len(resources) > 0
	forEngine, forUs := reach(packages, resources), reach(packages, documents)
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if forEngine[name] {
			parts.Resource = append(parts.Resource, packages[name].modules...)
		}
		if forUs[name] || !forEngine[name] {
			parts.Document = append(parts.Document, packages[name].modules...)
		}
	}
	return parts
}

// Deciding returns those of the files called _test.rego that hold document
// policies: conftest evaluates them like any other. Others are tests, and so is
// whatever belongs to a package of the engine.
func Deciding(modules, tests []engine.Module) []engine.Module {
	var out []engine.Module
	for _, t := range tests {
		if mod, _ := parseAny(t); mod == nil || !slices.ContainsFunc(mod.Rules, isDecision) {
			continue
		}
		parts := Split(append(slices.Clip(modules), t))
		if slices.ContainsFunc(parts.Document, func(m engine.Module) bool { return m.Path == t.Path }) {
			out = append(out, t)
		}
	}
	return out
}

// read notes what one module says of its package.
func (p *pkg) read(mod *ast.Module) {
	p.document = p.document || slices.ContainsFunc(mod.Rules, isDecision)
	for _, a := range mod.Annotations {
		p.resource = p.resource || a.Custom["id"] != nil
	}
	decides := slices.ContainsFunc(mod.Rules, isDecision)
	ast.WalkRefs(mod, func(ref ast.Ref) bool {
		switch {
		case ref[0].Equal(ast.DefaultRootDocument):
			p.refers[ref.GroundPrefix().String()] = true
		case decides && ref[0].Equal(ast.InputRootDocument) && len(ref) > 1:
			if s, ok := ref[1].Value.(ast.String); ok && (s == "resource" || s == "related") {
				p.resource = true
			}
		}
		return false
	})
	for _, i := range mod.Imports {
		if ref, ok := i.Path.Value.(ast.Ref); ok {
			p.refers[ref.String()] = true
		}
	}
}

// reach returns the packages that some packages need, themselves included.
func reach(packages map[string]*pkg, from []string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		name := from[len(from)-1]
		from = from[:len(from)-1]
		if seen[name] {
			continue
		}
		seen[name] = true
		for ref := range packages[name].refers {
			for other := range packages {
				if below(ref, other) || below(other, ref) {
					from = append(from, other)
				}
			}
		}
	}
	return seen
}

// below reports whether a reference is another or leads below it.
func below(ref, root string) bool {
	rest, ok := strings.CutPrefix(ref, root)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func version(v0 bool) ast.RegoVersion {
	if v0 {
		return ast.RegoV0
	}
	return ast.RegoV1
}

func parseAs(m engine.Module, v ast.RegoVersion) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(m.Path, string(m.Source), ast.ParserOptions{
		ProcessAnnotation: true, RegoVersion: v, Capabilities: engine.Capabilities(v),
	})
}

// parseAny reads a module as Rego v1 or else as v0; nil when it is neither.
func parseAny(m engine.Module) (mod *ast.Module, v0 bool) {
	if mod, err := parseAs(m, ast.RegoV1); err == nil {
		return mod, false
	}
	if mod, err := parseAs(m, ast.RegoV0); err == nil {
		return mod, mod != nil
	}
	return nil, false
}

// parse reads the modules. With v0 they are Rego v0, or v1 where they are not.
func parse(modules []engine.Module, v0 bool) (map[string]*ast.Module, diag.Diagnostics) {
	var ds diag.Diagnostics
	parsed := make(map[string]*ast.Module, len(modules))
	for _, m := range modules {
		if _, ok := parsed[m.Path]; ok {
			ds = append(ds, diag.Errorf("policy-duplicate-file", "the file is given twice").At(diag.Place{File: m.Path}))
			continue
		}
		mod, err := parseAs(m, version(v0))
		if err != nil {
			other, otherErr := parseAs(m, version(!v0))
			switch {
			case otherErr != nil:
			case v0:
				mod, err = other, nil
			default:
				ds = append(ds, diag.Errorf("policy-rego-v0", "this is Rego v0").At(firstPlace(err, m)).
					WithDetail("Rego v1 wants `if` before bodies and `contains` before the elements of sets.").
					WithHint("--v0 reads document policies as Rego v0").
					WithHint("or rewrite them with: opa fmt --rego-v1 -w DIR"))
				continue
			}
		}
		switch {
		case err != nil:
			ds = append(ds, engine.RegoErrors("policy-syntax", err)...)
		case mod == nil:
			ds = append(ds, diag.Errorf("policy-empty", "the file holds no Rego").At(diag.Place{File: m.Path}))
		default:
			parsed[m.Path] = mod
		}
	}
	return parsed, ds
}

// firstPlace is where the first of OPA's errors is.
func firstPlace(err error, m engine.Module) diag.Place {
	if ds := engine.RegoErrors("", err); len(ds) > 0 && ds[0].Subject.File != "" {
		return ds[0].Subject
	}
	return diag.Place{File: m.Path}
}

// conftestOnly are the builtins that conftest adds to OPA's.
var conftestOnly = []string{"parse_config", "parse_config_file", "parse_combined_config_files"}

// explain adds to OPA's errors why a function is not there.
func explain(err error) diag.Diagnostics {
	ds := engine.RegoErrors("policy-invalid", err)
	for i, d := range ds {
		name, ok := strings.CutPrefix(d.Summary, "undefined function ")
		if ok && slices.Contains(conftestOnly, name) {
			d.Code = "policy-capability"
			ds[i] = d.WithDetail("Only conftest has %s, which reads other configuration files. Policies have no files here.", name)
		}
	}
	return ds
}
