package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// explainSchema names the form of parapet explain --format json.
const explainSchema = "parapet.explain/v1"

// The JSON of an explanation, which the text is written from too. It is part of
// the command line's contract.
type (
	explainJSON struct {
		Schema         string               `json:"schema"`
		Tool           toolJSON             `json:"tool"`
		Path           string               `json:"path"`
		Kind           string               `json:"kind"` // module or findings
		ID             string               `json:"id,omitempty"`
		Findings       []findingView        `json:"findings,omitempty"`
		Guardrails     []guardrailView      `json:"guardrails,omitempty"`
		Exceptions     []exceptionView      `json:"exceptions,omitempty"`
		NotPreventable []notPreventableView `json:"not_preventable,omitempty"`
	}
	policyView struct {
		ID     string     `json:"id"`
		File   string     `json:"file"`
		Line   int        `json:"line"`
		State  string     `json:"state"` // same, changed, unknown
		Source []codeLine `json:"source,omitempty"`
	}
	codeLine struct {
		Line int    `json:"line"`
		Text string `json:"text"`
	}
	guardrailView struct {
		Module     string                 `json:"module,omitempty"`
		ID         string                 `json:"id"`
		Title      string                 `json:"title"`
		Layer      ir.Layer               `json:"layer"`
		Fidelity   ir.Fidelity            `json:"fidelity"`
		Trust      ir.Trust               `json:"trust"`
		Origin     ir.Origin              `json:"origin"`
		Why        string                 `json:"why,omitempty"`
		Policy     policyView             `json:"policy"`
		Statements []statementView        `json:"statements"`
		Settings   []emit.ProofSetting    `json:"settings,omitempty"`
		Declares   []ir.DeclarativePolicy `json:"declarative,omitempty"`
		Findings   []string               `json:"findings"`
		Operations []string               `json:"operations"`
		Checks     ir.Checks              `json:"checks"`
		Notes      []string               `json:"notes"`
	}
	statementView struct {
		Sid        string          `json:"sid"`
		At         string          `json:"at,omitempty"` // in the module
		Document   string          `json:"document,omitempty"`
		PolicyLine int             `json:"policy_line,omitempty"`
		Actions    []string        `json:"actions"`
		Resources  []string        `json:"resources"`
		Conditions []conditionView `json:"conditions"`
		Exceptions []exceptionView `json:"exceptions"`
		Emitted    json.RawMessage `json:"emitted"`          // as it stands in the document, exceptions worked in
		Denies     []string        `json:"denies,omitempty"` // calls of the findings
	}
	conditionView struct {
		Operator string   `json:"operator"`
		Key      string   `json:"key"`
		Values   []string `json:"values"`
		Words    string   `json:"words"`
	}
	exceptionView struct {
		Module     string   `json:"module,omitempty"`
		ID         string   `json:"id"`
		Who        string   `json:"who"`
		Policies   []string `json:"policies"`
		Guardrails []string `json:"guardrails"`
		Reason     string   `json:"reason"`
		Owner      string   `json:"owner"`
		Ticket     string   `json:"ticket,omitempty"`
		InForce    bool     `json:"in_force"`
		At         string   `json:"at,omitempty"`
		Characters int      `json:"characters"`
	}
	notPreventableView struct {
		Module   string     `json:"module,omitempty"`
		Policy   string     `json:"policy"`
		At       string     `json:"at"`
		Source   []codeLine `json:"source,omitempty"`
		Reason   string     `json:"reason"`
		Instead  string     `json:"instead"`
		Findings []string   `json:"findings"`
	}
)

// explainer holds what explanations are made of.
type explainer struct {
	engine *engine.Engine
}

// maxExcerpt bounds how many lines of a rule are shown.
const maxExcerpt = 12

// excerpt returns the rule that begins at a line of a policy, or the line alone.
func (x explainer) excerpt(file string, line int) []codeLine {
	src, ok := x.engine.Source(file)
	if !ok || line < 1 {
		return nil
	}
	lines := strings.Split(string(src), "\n")
	var out []codeLine
	for i := line; i <= len(lines) && len(out) < maxExcerpt; i++ {
		text := strings.TrimRight(lines[i-1], " \t\r")
		out = append(out, codeLine{i, text})
		if !strings.HasSuffix(strings.TrimRight(lines[line-1], " \t\r"), "{") || text == "}" {
			break
		}
	}
	return out
}

// policy shows a policy as it is today beside what a proof says of it.
func (x explainer) policy(ref ir.PolicyRef) policyView {
	v := policyView{ID: ref.ID, File: ref.File, Line: ref.Line, State: "same"}
	p, ok := x.engine.Policy(ref.ID)
	switch {
	case !ok:
		v.State = "unknown"
		return v
	case p.SHA256 != ref.SHA256:
		v.State = "changed"
		return v
	}
	v.Source = x.excerpt(ref.File, ref.Line)
	return v
}

// statement shows one statement with the exceptions that it honours.
func (x explainer) statement(st ir.Statement, set except.Set) statementView {
	v := statementView{
		Sid: st.Sid, PolicyLine: st.Line, Actions: st.Actions, Resources: st.Resources,
		Conditions: []conditionView{}, Exceptions: []exceptionView{},
	}
	for _, c := range st.Conditions {
		v.Conditions = append(v.Conditions, conditionView{c.Operator.String(), c.Key, c.Values, conditionWords(c)})
	}
	for _, r := range set.For(st.Guardrail) {
		v.Exceptions = append(v.Exceptions, x.exception(r.Source, true))
	}
	// A policy's own text is JSON, its list of statements too.
	var doc struct{ Statement json.RawMessage }
	_ = json.Unmarshal(set.Document([]ir.Statement{st}).JSON(), &doc)
	v.Emitted = doc.Statement
	return v
}

// exception shows a record.
func (x explainer) exception(r exception.Record, inForce bool) exceptionView {
	return exceptionView{
		ID: r.ID, Who: exceptionWords(r), Policies: r.Policies, Guardrails: []string{}, Reason: r.Reason, Owner: r.Owner,
		Ticket: r.Ticket, InForce: inForce,
	}
}

// guardrailOf shows a guardrail of a program.
func (x explainer) guardrailOf(g ir.Guardrail, set except.Set) guardrailView {
	v := guardrailView{
		ID: g.ID, Title: g.Title, Layer: g.Layer, Fidelity: g.Fidelity, Trust: g.Trust, Origin: g.Origin, Why: g.Why,
		Policy: x.policy(g.Policy), Statements: []statementView{}, Declares: g.Declaratives,
		Findings: append([]string{}, g.Findings...), Operations: append([]string{}, g.Operations...), Checks: g.Checks, Notes: append([]string{}, g.Notes...),
	}
	for _, st := range g.Statements {
		v.Statements = append(v.Statements, x.statement(st, set))
	}
	for _, s := range g.Settings {
		v.Settings = append(v.Settings, emit.ProofSetting(s))
	}
	return v
}

// notPreventable shows why there is no guardrail.
func (x explainer) notPreventable(n ir.NotPreventable) notPreventableView {
	v := notPreventableView{Policy: n.Policy, At: n.At, Reason: n.Reason, Instead: n.Instead, Findings: append([]string{}, n.Findings...)}
	if i := strings.LastIndexByte(n.At, ':'); i > 0 {
		line := 0
		if _, err := fmt.Sscanf(n.At[i+1:], "%d", &line); err == nil {
			if src, ok := x.engine.Source(n.At[:i]); ok {
				if lines := strings.Split(string(src), "\n"); line >= 1 && line <= len(lines) {
					v.Source = []codeLine{{line, strings.TrimRight(lines[line-1], " \t\r")}}
				}
			}
		}
	}
	return v
}

// near lists known names that resemble one that is not known: those that hold
// it, or that it holds, and the closest in spelling.
func near(name string, known []string) []string {
	const most = 5
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) && len(out) < most {
			out = append(out, s)
		}
	}
	add(iam.Nearest(name, known))
	low := strings.ToLower(name)
	for _, k := range known {
		if strings.Contains(strings.ToLower(k), low) || len(k) > 3 && strings.Contains(low, strings.ToLower(k)) {
			add(k)
		}
	}
	for _, word := range strings.FieldsFunc(low, func(r rune) bool { return strings.ContainsRune("-_./ ", r) }) {
		for _, k := range known {
			if len(word) > 3 && strings.Contains(strings.ToLower(k), word) {
				add(k)
			}
		}
	}
	return out
}
