package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/compiler"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/prove"
	"github.com/parapet-dev/parapet/internal/binding"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// findingView is a finding with what guards against it.
type findingView struct {
	finding.Finding
	PolicyAt       policyView           `json:"policy_at"`
	Guardrails     []guardrailView      `json:"guardrails"`
	NotPreventable []notPreventableView `json:"not_preventable"`
	Calls          []callView           `json:"calls"`               // that make the violation, and are denied
	Unguarded      string               `json:"unguarded,omitempty"` // why there is neither guardrail nor reason
}

// callView is a call with the statements that deny it.
type callView struct {
	Action   string              `json:"action"`
	Resource string              `json:"resource"`
	Context  map[string][]string `json:"context"`
	DeniedBy []string            `json:"denied_by"`
}

// explainFindings explains the findings that an id picks, or all.
func (s Streams) explainFindings(ctx context.Context, x explainer, o explainOptions, now time.Time, out *explainJSON) error {
	all, err := s.readFindings([]string{o.path})
	if err != nil {
		return err
	}
	picked := all
	if o.id != "" {
		if picked = pickFindings(all, o.id); len(picked) == 0 {
			var names []string
			for _, f := range all {
				names = append(names, f.Policy, f.Resource.Address, f.Fingerprint)
			}
			return unknownID(o.id, out.Path, names)
		}
	}
	records, err := s.compileExceptions(compileOptions{findings: []string{o.path}, exceptions: o.exceptions})
	if err != nil {
		return err
	}
	in := compiler.Input{
		Engine: x.engine, Bindings: binding.Library(), Now: now, Exceptions: records, Examples: exampleLoader(ctx, x.engine),
		Options: compiler.Options{
			Layer: compiler.Auto, Per: compiler.PerOrganization, Limits: layer.DefaultLimits(),
			AllowStricter: o.stricter, AllowUntested: o.untested, Version: s.Version,
		},
	}
	for _, f := range picked {
		if _, known := x.engine.Policy(f.Policy); known && f.Status != finding.Error {
			f.Status = finding.Violation // what is exempt or unknown today is guarded alike
			in.Findings = append(in.Findings, f)
		}
	}
	res, ds := compiler.Compile(ctx, in)
	for _, d := range ds {
		if !strings.HasPrefix(d.Code, "exception-") { // those are for the compilation of all policies
			s.warn(d)
		}
	}
	set, _ := except.New(records, except.Options{Now: now})
	for _, f := range picked {
		out.Findings = append(out.Findings, x.finding(f, res, set))
	}
	return nil
}

// pickFindings returns the findings that an id stands for: a fingerprint or its
// beginning, an address, an id or ARN of the resource, or a policy.
func pickFindings(all []finding.Finding, id string) []finding.Finding {
	is := func(p *string) bool { return p != nil && *p == id }
	var out []finding.Finding
	for _, f := range all {
		if len(id) >= 6 && strings.HasPrefix(f.Fingerprint, strings.ToLower(id)) || f.Policy == id ||
			f.Resource.Address == id || is(f.Resource.ID) || is(f.Resource.ARN) {
			out = append(out, f)
		}
	}
	return out
}

// finding shows a finding with what the compilation has against it.
func (x explainer) finding(f finding.Finding, res compiler.Result, set except.Set) findingView {
	v := findingView{Finding: f, PolicyAt: policyView{ID: f.Policy, State: "unknown"}, Guardrails: []guardrailView{}, NotPreventable: []notPreventableView{}, Calls: []callView{}}
	if p, ok := x.engine.Policy(f.Policy); ok {
		v.PolicyAt = x.policy(ir.PolicyRef{ID: p.ID, File: p.File, Line: p.Line, SHA256: p.SHA256})
	} else {
		v.Unguarded = "no policy has the id " + f.Policy + ": --policy DIR gives the directory that holds it"
	}
	for _, m := range res.Modules {
		for _, g := range m.Program.Guardrails {
			if !slices.Contains(g.Findings, f.Fingerprint) {
				continue
			}
			v.Guardrails = append(v.Guardrails, x.guardrailOf(g, set))
			for _, t := range g.Tests {
				if t.Finding == f.Fingerprint {
					v.Calls = append(v.Calls, call(g, t))
				}
			}
		}
		for _, n := range m.Program.NotPreventable {
			if slices.Contains(n.Findings, f.Fingerprint) {
				v.NotPreventable = append(v.NotPreventable, x.notPreventable(n))
			}
		}
	}
	if len(v.Guardrails)+len(v.NotPreventable) == 0 && v.Unguarded == "" {
		v.Unguarded = fmt.Sprintf("nothing is compiled of a finding of status %s", f.Status)
	}
	return v
}

// call shows the call of a finding with the statements that deny it.
func call(g ir.Guardrail, t ir.TestRequest) callView {
	v := callView{Action: t.Action, Resource: t.Resource, Context: t.Context, DeniedBy: []string{}}
	for _, st := range g.Statements {
		if deniedBy(st, t) {
			v.DeniedBy = append(v.DeniedBy, st.Sid)
		}
	}
	return v
}

// deniedBy reports whether a statement alone denies the request of a test.
func deniedBy(st ir.Statement, t ir.TestRequest) bool {
	p := iam.Policy{Version: iam.Version2012, Statements: except.Set{}.Expand(st)}
	denied, _ := simulate.Denies(p, prove.TestRequest(t))
	return denied
}
