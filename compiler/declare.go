package compiler

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
)

// declaration is one object of a policy's guardrail rule.
type declaration struct {
	Layer      ir.Layer                       `json:"layer"`
	Sid        string                         `json:"sid"`
	Actions    []string                       `json:"actions"`
	Resources  []string                       `json:"resources"`
	Conditions map[string]map[string][]string `json:"conditions"`
	Setting    *struct {
		Type   string         `json:"type"`
		Name   string         `json:"name"`
		Values map[string]any `json:"values"`
	} `json:"setting"`
	PolicyType string         `json:"policy_type"` // of a declarative policy
	Content    map[string]any `json:"content"`
	Fidelity   ir.Fidelity    `json:"fidelity"`
	Trust      ir.Trust       `json:"trust"`
	Note       string         `json:"note"`
}

// declare takes over the guardrails that a policy declares.
func (c *compilation) declare(m *Module, w wanted) error {
	p := w.policy
	findings := w.findings
	// A policy that was named is compiled as if something had violated it.
	asked := findings
	if len(asked) == 0 {
		asked = []finding.Finding{{Policy: p.ID, Title: p.Title, Status: finding.Violation}}
	}
	objects, err := c.in.Engine.Guardrails(c.ctx, p.ID, asked)
	if err != nil {
		return diag.Errorf("guardrail-rule", "the guardrail rule of %s failed: %v", p.ID, err).At(diag.Place{File: p.File, Line: p.Line})
	}
	byLayer := map[ir.Layer]*ir.Guardrail{}
	var declared []declaration
	for _, object := range objects {
		d, err := readDeclaration(object)
		if err != nil {
			return diag.Errorf("guardrail-declaration", "%s declares a guardrail that cannot be used", p.ID).
				WithDetail("%v", err).At(diag.Place{File: p.File, Line: p.Line})
		}
		declared = append(declared, d)
	}
	for _, d := range c.asked(declared) {
		g := byLayer[d.Layer]
		if g == nil {
			g = &ir.Guardrail{
				ID: p.ID, Title: p.Title, Layer: d.Layer, Fidelity: d.Fidelity, Trust: d.Trust, Origin: ir.Declared,
				Policy: policyRef(p), Findings: fingerprints(findings),
			}
			byLayer[d.Layer] = g
		}
		d.addTo(g, p.Line)
	}
	if len(byLayer) == 0 {
		n := c.notPreventable(w, derivation{}, true)
		n.Reason = "the policy declares no guardrail for these findings"
		if c.in.Options.Layer != Auto {
			n.Reason = fmt.Sprintf("the policy declares no guardrail on the layer %s", c.in.Options.Layer)
		}
		m.Program.NotPreventable = append(m.Program.NotPreventable, n)
		return nil
	}
	for _, l := range ir.Layers {
		if g := byLayer[l]; g != nil {
			slices.Sort(g.Operations)
			g.Operations = slices.Compact(g.Operations)
			m.Program.Guardrails = append(m.Program.Guardrails, *g)
		}
	}
	return nil
}

// asked keeps what was declared for the layer that was asked for. Denies of an
// SCP stand in where there are none: [compilation.choose] moves them.
func (c *compilation) asked(declared []declaration) []declaration {
	if c.in.Options.Layer == Auto {
		return declared
	}
	on := func(l ir.Layer) []declaration {
		return slices.DeleteFunc(slices.Clone(declared), func(d declaration) bool { return d.Layer != l })
	}
	if exact := on(c.in.Options.Layer); len(exact) > 0 || !c.denies() {
		return exact
	}
	return on(ir.SCP)
}

// readDeclaration checks one declared object.
func readDeclaration(object map[string]any) (declaration, error) {
	var d declaration
	text, err := json.Marshal(object)
	if err != nil {
		return d, err
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("%w in %s", err, text)
	}
	switch {
	case !slices.Contains(ir.Layers, d.Layer):
		return d, fmt.Errorf("layer %q is not one of scp, rcp, boundary, declarative, account", d.Layer)
	case d.Layer == ir.Declarative && (d.PolicyType == "" || len(d.Content) == 0 || d.Setting != nil || len(d.Actions) > 0):
		return d, fmt.Errorf("a declarative policy needs policy_type and content, and nothing of a statement or a setting: %s", text)
	case d.Layer != ir.Declarative && (d.PolicyType != "" || len(d.Content) > 0):
		return d, fmt.Errorf("policy_type and content are for the layer declarative: %s", text)
	case d.Layer != ir.Declarative && d.Setting == nil && (len(d.Actions) == 0 || len(d.Resources) == 0 || d.Sid == ""):
		return d, fmt.Errorf("a statement needs sid, actions and resources: %s", text)
	case d.Setting != nil && (d.Setting.Type == "" || d.Setting.Name == "" || len(d.Actions) > 0):
		return d, fmt.Errorf("a setting needs type and name, and is no statement: %s", text)
	case !slices.Contains([]ir.Fidelity{ir.Exact, ir.Stricter, ir.Looser}, d.Fidelity):
		return d, fmt.Errorf("fidelity %q is not one of exact, stricter, looser", d.Fidelity)
	case !slices.Contains([]ir.Trust{ir.Documented, ir.Reported, ir.Inferred, ir.Doubtful}, d.Trust):
		return d, fmt.Errorf("trust %q is not one of documented, reported, inferred, doubtful", d.Trust)
	}
	for op := range d.Conditions {
		if _, err := iam.ParseOperator(op); err != nil {
			return d, err
		}
	}
	return d, nil
}

// addTo adds the declared statement or setting to a guardrail.
func (d declaration) addTo(g *ir.Guardrail, line int) {
	g.Trust = ir.Weakest(g.Trust, d.Trust)
	g.Fidelity = worse(g.Fidelity, d.Fidelity)
	if d.Note != "" && !slices.Contains(g.Notes, d.Note) {
		g.Notes = append(g.Notes, d.Note)
	}
	if d.Setting != nil {
		g.Settings = append(g.Settings, ir.Setting{Type: d.Setting.Type, Name: d.Setting.Name, Values: d.Setting.Values})
		return
	}
	if d.Layer == ir.Declarative {
		g.Declaratives = append(g.Declaratives, ir.DeclarativePolicy{PolicyType: d.PolicyType, Content: d.Content})
		return
	}
	s := ir.Statement{Sid: d.Sid, Guardrail: g.ID, Actions: sorted(d.Actions), Resources: sorted(d.Resources), Line: line}
	for name, keys := range d.Conditions {
		op, err := iam.ParseOperator(name)
		if err != nil {
			continue // readDeclaration has refused it
		}
		for key, values := range keys {
			s.Conditions = append(s.Conditions, iam.Condition{Operator: op, Key: key, Values: sorted(values)})
		}
	}
	slices.SortFunc(s.Conditions, iam.CompareConditions)
	g.Statements = append(g.Statements, s)
	g.Operations = append(g.Operations, s.Actions...)
}

func sorted(s []string) []string {
	out := slices.Clone(s)
	slices.Sort(out)
	return slices.Compact(out)
}

// worse returns the fidelity that promises less.
func worse(a, b ir.Fidelity) ir.Fidelity {
	order := []ir.Fidelity{ir.Exact, ir.Looser, ir.Stricter, ir.None}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}
