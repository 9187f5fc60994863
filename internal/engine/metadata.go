package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
)

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// findPolicies sorts packages into policies and helpers, and reads the
// policies' metadata. The policies that sleep are added.
func findPolicies(mods map[string]*ast.Module, files []Module, asleep []*policy) ([]*policy, diag.Diagnostics) {
	sums := make(map[string]string, len(files))
	for _, f := range files {
		sum := sha256.Sum256(f.Source)
		sums[f.Path] = hex.EncodeToString(sum[:])
	}
	packages := map[string][]*ast.Module{}
	for _, name := range slices.Sorted(maps.Keys(mods)) {
		m := mods[name]
		packages[m.Package.Path.String()] = append(packages[m.Package.Path.String()], m)
	}
	var (
		ds   diag.Diagnostics
		list []*policy
		byID = map[string]*policy{}
	)
	for _, p := range asleep {
		list, byID[p.ID] = append(list, p), p
	}
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		p, more := readPolicy(packages[pkg])
		ds = append(ds, more...)
		if p == nil {
			continue
		}
		p.SHA256 = sums[p.File]
		if other := byID[p.ID]; other != nil {
			ds = append(ds, diag.Errorf("policy-duplicate-id", "two policies have the id %q", p.ID).
				At(diag.Place{File: p.File, Line: p.Line}).
				WithDetail("The other one is %s:%d.", other.File, other.Line))
			continue
		}
		byID[p.ID] = p
		list = append(list, p)
	}
	if len(list) == 0 && !ds.HasErrors() {
		ds = append(ds, diag.Errorf("no-policies", "there is no policy to evaluate").
			WithDetail("A policy is a Rego package with custom.id in its METADATA and a deny rule.").
			WithHint("`parapet policy new DIR/ID` writes a first one"))
	}
	slices.SortFunc(list, func(a, b *policy) int { return cmp.Compare(a.ID, b.ID) })
	return list, ds
}

// readPolicy returns the policy of one package, or nil for a helper.
func readPolicy(mods []*ast.Module) (*policy, diag.Diagnostics) {
	var (
		note      *ast.Annotations
		deny      []*ast.Rule
		decisions []*ast.Rule // rules that other tools take for a verdict
		guardrail bool
	)
	for _, m := range mods {
		for _, a := range m.Annotations {
			if a.Scope == "package" && a.Custom["id"] != nil {
				note = a
			}
		}
		for _, r := range m.Rules {
			switch ruleName(r) {
			case "deny":
				deny = append(deny, r)
				decisions = append(decisions, r)
			case "violation", "warn":
				decisions = append(decisions, r)
			case "guardrail":
				guardrail = true
			}
		}
	}
	if note == nil {
		if len(decisions) == 0 {
			return nil, nil
		}
		return nil, diag.Diagnostics{misplaced(mods, decisions[0])}
	}
	p := &policy{path: mods[0].Package.Path, deny: deny}
	p.Package = p.path.String()
	p.Guardrail = guardrail
	ds := p.describe(note)
	at := placeOf(note.Location)
	if len(deny) == 0 {
		return nil, append(ds, diag.Errorf("policy-without-deny", "policy %q has no deny rule", p.ID).At(at).
			WithDetail("Without a deny rule it would pass everything.").
			WithHint("write `deny contains violation if { … }`"))
	}
	for _, r := range deny {
		if r.Head.RuleKind() != ast.MultiValue {
			ds = append(ds, diag.Errorf("policy-deny-kind", "deny must be a set of results").At(placeOf(r.Location)).
				WithHint("write `deny contains violation if { … }`"))
		}
	}
	p.File, p.Line = deny[0].Location.File, deny[0].Location.Row
	return p, ds
}

// misplaced says why a package with a verdict is not a policy.
func misplaced(mods []*ast.Module, rule *ast.Rule) diag.Diagnostic {
	d := diag.Errorf("policy-without-id", "the package has a %s rule but no METADATA with custom.id", ruleName(rule)).
		At(placeOf(rule.Location)).
		WithDetail("Without an id its findings have no identity. METADATA custom.id is required, right above `package`.")
	for _, m := range mods {
		for _, a := range m.Annotations {
			if a.Scope != "package" && a.Custom["id"] != nil {
				return d.At(placeOf(a.Location)).WithHint("move this METADATA block right above `package`")
			}
		}
	}
	return d
}

func ruleName(r *ast.Rule) string {
	ref := r.Head.Ref()
	if len(ref) == 0 {
		return ""
	}
	name, _ := ref[0].Value.(ast.Var)
	return string(name)
}

// describe fills the policy from its METADATA block.
func (p *policy) describe(a *ast.Annotations) diag.Diagnostics {
	var ds diag.Diagnostics
	bad := func(format string, args ...any) {
		ds = append(ds, diag.Errorf("policy-metadata", format, args...).At(placeOf(a.Location)))
	}
	p.Title, p.Description = a.Title, a.Description
	if p.Title == "" {
		bad("METADATA has no title")
	}
	text := func(key string, to *string) {
		if v, ok := a.Custom[key]; ok {
			s, ok := v.(string)
			if !ok {
				bad("custom.%s must be a string", key)
			}
			*to = s
		}
	}
	var severity string
	text("id", &p.ID)
	text("severity", &severity)
	text("remediation", &p.Remediation)
	text("instead", &p.Instead)
	if !idPattern.MatchString(p.ID) {
		bad("custom.id %q must be lower-case letters and digits in groups joined by dashes", p.ID)
	}
	if s, err := finding.ParseSeverity(severity); err != nil {
		bad("custom.severity: %v", err)
	} else {
		p.Severity = s
	}
	var err error
	if p.Frameworks, err = frameworks(a.Custom["frameworks"]); err != nil {
		bad("custom.frameworks: %v", err)
	}
	if p.Parameters, err = parameters(a.Custom["parameters"]); err != nil {
		bad("custom.parameters: %v", err)
	}
	if p.Unchecked, err = texts(a.Custom["unchecked"]); err != nil {
		bad("custom.unchecked: %v", err)
	}
	known := []string{"id", "severity", "frameworks", "remediation", "instead", "parameters", "unchecked"}
	for _, key := range slices.Sorted(maps.Keys(a.Custom)) {
		if !slices.Contains(known, key) {
			bad("custom.%s is not known; known are %v", key, known)
		}
	}
	return ds
}

// texts reads a list of strings.
func texts(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("must be a list of strings")
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("write %v in quotes", e)
		}
		out = append(out, s)
	}
	return out, nil
}

func frameworks(v any) (map[string][]string, error) {
	out := map[string][]string{}
	if v == nil {
		return out, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("must map a framework to a list of control ids")
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list, ok := m[name].([]any)
		if !ok {
			return nil, fmt.Errorf("%s must be a list of control ids", name)
		}
		for _, e := range list {
			id, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("%s: write %v in quotes", name, e)
			}
			out[name] = append(out[name], id)
		}
	}
	return out, nil
}

func parameters(v any) ([]Parameter, error) {
	list := []Parameter{}
	if v == nil {
		return list, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("must map a name to {description, default}")
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fields, ok := m[name].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s must be {description, default}", name)
		}
		p := Parameter{Name: name}
		for key, value := range fields {
			switch key {
			case "description":
				p.Description, _ = value.(string)
			case "default":
				p.Default = value
			default:
				return nil, fmt.Errorf("%s: %q is not one of description, default", name, key)
			}
		}
		if p.Default == nil {
			return nil, fmt.Errorf("%s has no default", name)
		}
		if p.Description == "" {
			return nil, fmt.Errorf("%s has no description", name)
		}
		p.Value = p.Default
		list = append(list, p)
	}
	return list, nil
}
