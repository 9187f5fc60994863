package cmd

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
)

// moduleExplainer explains one module.
type moduleExplainer struct {
	explainer
	path   string
	module emit.Emitted
}

// expanded splits off what exceptions add to a Sid; see except.Set.Expand.
var expanded = regexp.MustCompile(`^(.+?)(?:From[0-9]{8}(?:T[0-9]{6})?)?(?:Off[0-9]+)?$`)

// find fills in what an id of the module stands for: a statement, a guardrail,
// an exception, a finding, or a policy that has no guardrail. It reports whether
// there is anything.
func (x moduleExplainer) find(id string, out *explainJSON) bool {
	fold := func(s string) bool { return strings.EqualFold(s, id) }
	before := len(out.Guardrails) + len(out.Exceptions) + len(out.NotPreventable)
	if pg, sid, ok := x.bySid(id); ok {
		v := x.guardrail(pg)
		v.Statements = slices.DeleteFunc(v.Statements, func(s statementView) bool { return s.Sid != sid })
		out.Guardrails = append(out.Guardrails, v)
		return true
	}
	isFinding := func(fp string) bool { return len(id) >= 6 && strings.HasPrefix(fp, strings.ToLower(id)) }
	for _, pg := range x.module.Proof.Guardrails {
		setting := func(s emit.ProofSetting) bool { return fold(s.Type) || fold(s.Type+"."+s.Name) }
		if fold(pg.ID) || slices.ContainsFunc(pg.Findings, isFinding) || slices.ContainsFunc(pg.Settings, setting) {
			out.Guardrails = append(out.Guardrails, x.guardrail(pg))
		}
	}
	for _, r := range x.module.Records {
		if fold(r.ID) {
			out.Exceptions = append(out.Exceptions, x.record(r))
		}
	}
	for _, n := range x.module.Proof.NotPreventable {
		if fold(n.Policy) || slices.ContainsFunc(n.Findings, isFinding) {
			v := x.notPreventable(n)
			v.Module = x.path
			out.NotPreventable = append(out.NotPreventable, v)
		}
	}
	return len(out.Guardrails)+len(out.Exceptions)+len(out.NotPreventable) > before
}

// overview fills in everything.
func (x moduleExplainer) overview(out *explainJSON) {
	for _, pg := range x.module.Proof.Guardrails {
		out.Guardrails = append(out.Guardrails, x.guardrail(pg))
	}
	for _, r := range x.module.Records {
		out.Exceptions = append(out.Exceptions, x.record(r))
	}
	for _, n := range x.module.Proof.NotPreventable {
		v := x.notPreventable(n)
		v.Module = x.path
		out.NotPreventable = append(out.NotPreventable, v)
	}
}

// bySid returns the guardrail of a statement id, which may be one that an
// exception made. Statements that a person has added count as well.
func (x moduleExplainer) bySid(id string) (pg emit.ProofGuardrail, sid string, ok bool) {
	for _, try := range []string{id, expanded.FindStringSubmatch(id)[1]} {
		for _, d := range x.module.Documents {
			for _, st := range d.Statements {
				if !strings.EqualFold(st.Sid, try) {
					continue
				}
				for _, g := range x.module.Proof.Guardrails {
					if g.ID == st.Guardrail && g.Layer == d.Layer {
						return g, st.Sid, true
					}
				}
				return emit.ProofGuardrail{ID: st.Guardrail, Layer: d.Layer, Policy: ir.PolicyRef{ID: st.Guardrail}}, st.Sid, true
			}
		}
	}
	return pg, "", false
}

// guardrail shows a guardrail with its statements as the module has them.
func (x moduleExplainer) guardrail(pg emit.ProofGuardrail) guardrailView {
	g := ir.Guardrail{
		ID: pg.ID, Title: pg.Title, Layer: pg.Layer, Fidelity: pg.Fidelity, Trust: pg.Trust, Origin: pg.Origin, Why: pg.Why,
		Policy: pg.Policy, Findings: pg.Findings, Operations: pg.Operations, Checks: pg.Checks, Notes: pg.Notes, Declaratives: pg.Declarative,
	}
	v := x.guardrailOf(g, x.module.Exceptions)
	v.Module, v.Settings = x.path, pg.Settings
	for _, d := range x.module.Documents {
		for _, st := range d.Statements {
			if st.Guardrail != pg.ID || d.Layer != pg.Layer {
				continue
			}
			s := x.statement(st, x.module.Exceptions)
			s.Document = d.Name
			s.At = placeText(x.module.StatementPlace(st.Sid))
			s.PolicyLine = pg.Policy.Line
			for i, e := range s.Exceptions {
				s.Exceptions[i].At = placeText(x.module.ExceptionPlace(e.ID))
			}
			for _, t := range x.module.Tests {
				if t.Guardrail == pg.ID && t.Deny && deniedBy(st, t) {
					s.Denies = append(s.Denies, strings.TrimPrefix(t.Name, pg.ID+": "))
				}
			}
			v.Statements = append(v.Statements, s)
		}
	}
	return v
}

// record shows an exception with its price: the characters that the documents
// are longer for it.
func (x moduleExplainer) record(r exception.Record) exceptionView {
	v := x.exception(r, slices.ContainsFunc(x.module.Exceptions.Records(), func(o except.Record) bool { return o.ID == r.ID }))
	v.Module, v.At = x.path, placeText(x.module.ExceptionPlace(r.ID))
	without := x.module.Exceptions.Without(r.ID)
	for _, d := range x.module.Documents {
		v.Characters += len(x.module.Exceptions.Document(d.Statements).TerraformJSON()) - len(without.Document(d.Statements).TerraformJSON())
		for _, st := range d.Statements {
			if slices.ContainsFunc(x.module.Exceptions.For(st.Guardrail), func(o except.Record) bool { return o.ID == r.ID }) && !slices.Contains(v.Guardrails, st.Guardrail) {
				v.Guardrails = append(v.Guardrails, st.Guardrail)
			}
		}
	}
	slices.Sort(v.Guardrails)
	return v
}

// names lists every id of the module.
func (x moduleExplainer) names() []string {
	var out []string
	for _, d := range x.module.Documents {
		for _, st := range d.Statements {
			out = append(out, st.Sid)
		}
	}
	for _, pg := range x.module.Proof.Guardrails {
		out = append(out, pg.ID)
	}
	for _, r := range x.module.Records {
		out = append(out, r.ID)
	}
	for _, n := range x.module.Proof.NotPreventable {
		out = append(out, n.Policy)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// placeText writes file:line.
func placeText(p diag.Place) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}
