package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/parapet-dev/parapet/internal/bundle"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/policies"
)

// policyChoice is the policies that flags name, and what bundles decide about
// them. With bundles, no more of the library counts than they choose.
type policyChoice struct {
	parts   document.Parts
	v0      map[string]bool         // paths of the modules that are written in Rego v0
	narrow  bool                    // only the chosen of the library's policies count
	library map[string]bool         // paths of the library's modules
	chosen  map[string]bool         // ids of the library's policies
	bundles []*bundle.Bundle        // that were read, in the order of their names
	sets    map[string]parameterSet // what the bundles set, by bundle
}

// parameterSet is the values of parameters: policy id, parameter, value.
type parameterSet = map[string]map[string]any

func newChoice() *policyChoice {
	return &policyChoice{narrow: true, library: map[string]bool{}, chosen: map[string]bool{}, v0: map[string]bool{}, sets: map[string]parameterSet{}}
}

// choose takes a selection of the library.
func (p *policyChoice) choose(sel bundle.Selection) {
	for _, id := range sel.Policies {
		p.chosen[id] = true
	}
	p.sets[sel.Name] = sel.Parameters
}

// add takes a bundle that was read.
func (p *policyChoice) add(b *bundle.Bundle) {
	p.bundles = append(p.bundles, b)
	p.sets[b.Name] = parametersOf(b)
}

// join puts the modules of the bundles beside those of directories, and the
// library or its helpers in front.
func (p *policyChoice) join(dirs []engine.Module) error {
	whole := len(p.chosen) > 0
	library, err := engine.ReadModules(policies.FS, libraryPrefix)
	if err != nil {
		return fmt.Errorf("read the library: %w", err)
	}
	if whole {
		for _, m := range library {
			p.library[m.Path] = true
		}
	} else {
		library = nil
	}
	fromBundles, err := p.joinBundles(library)
	if err != nil {
		return err
	}
	p.parts, err = withLibrary(append(dirs, fromBundles...), whole)
	return err
}

// choosePolicies reads what the flags name.
func (s Streams) choosePolicies(ctx context.Context, o sources) (*policyChoice, error) {
	if len(o.bundles) == 0 {
		if o.trust != (trust{}) {
			return nil, diag.Errorf("usage", "the flags about signatures and registries are for --bundle, which is not given")
		}
		p := &policyChoice{}
		dirs, err := o.own()
		if err != nil {
			return nil, err
		}
		p.parts, err = withLibrary(dirs, !o.noLibrary)
		return p, err
	}
	p := newChoice()
	dirs, err := o.own()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(o.bundles))) {
		sel, b, err := s.openBundle(ctx, name, o.trust, o.v0)
		switch {
		case err != nil:
			return nil, err
		case sel != nil:
			p.choose(*sel)
		case len(b.Modules) == 0:
			return nil, diag.Errorf("no-policies", "%s holds no policies", b.Name)
		default:
			p.add(b)
		}
	}
	if len(p.bundles) == 0 && o.trust != (trust{}) {
		return nil, diag.Errorf("usage", "the flags about signatures and registries are for bundles of files and registries; those that are built in need none")
	}
	if len(p.chosen) > 0 && o.noLibrary {
		return nil, diag.Errorf("usage", "--no-library leaves out the policies that --bundle chooses")
	}
	return p, p.join(dirs)
}

// parametersOf returns the parameters that a bundle sets for its own policies:
// data.parameters may hold others, which mean something to its documents only.
func parametersOf(b *bundle.Bundle) map[string]map[string]any {
	all := b.Parameters()
	if len(all) == 0 {
		return nil
	}
	out := map[string]map[string]any{}
	for _, id := range bundle.PolicyIDs(b.Modules) {
		if values, ok := all[id]; ok {
			out[id] = values
		}
	}
	return out
}

// joinBundles joins the modules of bundles. A module that another bundle holds
// too, or the library where it is used, is taken once; a package of which two
// hold different modules is an error, since each would change the other's
// policies.
func (p *policyChoice) joinBundles(library []engine.Module) ([]engine.Module, error) {
	type key struct{ pkg, source string }
	owner := map[string]string{}
	same := map[key]bool{}
	for _, m := range library {
		name, _ := m.Package()
		same[key{name, string(m.Source)}] = true
		owner[name] = "the library"
	}
	var out []engine.Module
	for _, b := range p.bundles {
		mine := map[string]bool{}
		var added []key
		for _, m := range b.Modules {
			name, line := m.Package()
			at := diag.Place{File: m.Path, Line: line}
			k := key{name, string(m.Source)}
			if same[k] {
				continue
			}
			if other, ok := owner[name]; ok {
				return nil, diag.Errorf("bundle-conflict", "%s and %s hold different modules of the package %s", other, b.Name, name).At(at).
					WithDetail("Each would change what the other's policies say.")
			}
			mine[name] = true
			added = append(added, k)
			if m.RegoVersion == bundle.RegoV0 {
				p.v0[m.Path] = true
			}
			out = append(out, engine.Module{Path: m.Path, Source: m.Source})
		}
		for name := range mine {
			owner[name] = b.Name
		}
		for _, k := range added {
			same[k] = true
		}
	}
	return out, nil
}

// addData adds what the bundles hold as data to what policies about whole plans
// see. Where they say different things of one place it is an error.
func (p *policyChoice) addData(into map[string]any) error {
	for _, b := range p.bundles {
		if !bundle.MergeData(into, dataOf(b)) {
			return diag.Errorf("bundle-data", "the data of %s says something else than that of another bundle or of --data", b.Name)
		}
	}
	return nil
}

// dataOf returns the data of a bundle without the parameters of its policies
// about resources, which are joined by themselves.
func dataOf(b *bundle.Bundle) map[string]any {
	data := maps.Clone(b.Data)
	all, ok := data["parameters"].(map[string]any)
	if !ok {
		return data
	}
	all = maps.Clone(all)
	for id := range parametersOf(b) {
		delete(all, id)
	}
	data["parameters"] = all
	if len(all) == 0 {
		delete(data, "parameters")
	}
	return data
}

// joinParameters joins the parameters of bundles. Where two disagree, the value
// is a [disagreement]: an error, unless --parameters decides.
func joinParameters(named map[string]parameterSet) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	from := map[[2]string]string{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		for id, values := range named[name] {
			if out[id] == nil {
				out[id] = map[string]any{}
			}
			for q, v := range values {
				at := [2]string{id, q}
				old, ok := out[id][q]
				if first := from[at]; ok {
					if _, is := old.(disagreement); is {
						continue
					}
					equal, err := sameJSON(old, v)
					if err != nil {
						return nil, diag.Errorf("parameters-syntax", "bundle %s: %v", name, err)
					}
					if !equal {
						out[id][q] = disagreement{first, name, old, v}
					}
					continue
				}
				out[id][q], from[at] = v, name
			}
		}
	}
	return out, nil
}

// disagreement stands for a parameter that two bundles set to different values.
type disagreement struct {
	first, second string
	a, b          any
}

func (d disagreement) diagnostic(id, name string) diag.Diagnostic {
	return diag.Errorf("bundle-parameters", "the bundles %s and %s disagree about the parameter %q of %s: %s and %s",
		d.first, d.second, name, id, compact(d.a), compact(d.b)).
		WithHint("say which with --parameters FILE: {%s: {%s: %s}}", id, name, compact(d.a))
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func sameJSON(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return string(x) == string(y), err
}

// with returns the parameters of the bundles with those of a file over them.
func (p *policyChoice) with(given parameterSet) (parameterSet, error) {
	out, err := joinParameters(p.sets)
	if err != nil {
		return nil, err
	}
	for id, values := range given {
		if out[id] == nil {
			out[id] = map[string]any{}
		}
		maps.Copy(out[id], values)
	}
	var ds diag.Diagnostics
	for _, id := range slices.Sorted(maps.Keys(out)) {
		for _, name := range slices.Sorted(maps.Keys(out[id])) {
			if d, ok := out[id][name].(disagreement); ok {
				ds = append(ds, d.diagnostic(id, name))
			}
		}
	}
	return out, ds.Err()
}

// engineOf compiles the policies about resources that the flags name.
func (s Streams) engineOf(ctx context.Context, o sources, parameters string) (*engine.Engine, error) {
	p, err := s.choosePolicies(ctx, o)
	if err != nil {
		return nil, err
	}
	_, view, err := s.compileChoice(p, parameters, 0)
	return view, err
}

// compileChoice compiles the policies about resources. The whole engine knows
// every policy that was read; the view has those that count: with bundles, no
// more of the library than they choose.
func (s Streams) compileChoice(p *policyChoice, parameters string, jobs int) (whole, view *engine.Engine, err error) {
	given, err := readParameters(parameters)
	if err != nil {
		return nil, nil, err
	}
	values, err := p.with(given)
	if err != nil {
		return nil, nil, err
	}
	if whole, err = s.newEngine(engine.Options{Modules: p.parts.Resource, Parameters: values, Jobs: jobs}); err != nil {
		return nil, nil, err
	}
	view, err = p.view(whole)
	return whole, view, err
}

// own returns the ids of the policies that count.
func (p *policyChoice) own(e *engine.Engine) []string {
	var ids []string
	for _, q := range e.Policies() {
		if !p.library[q.File] || p.chosen[q.ID] {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// view narrows an engine to the policies that count.
func (p *policyChoice) view(e *engine.Engine) (*engine.Engine, error) {
	if !p.narrow {
		return e, nil
	}
	ids := p.own(e)
	if len(ids) == 0 { // an empty selection would be all of them
		return nil, diag.Errorf("no-policies", "the bundles hold no policy to evaluate")
	}
	view, ds := e.Select(engine.Selection{Only: ids})
	return view, ds.Err()
}
