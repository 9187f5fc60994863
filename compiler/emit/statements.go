package emit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// statements writes the data of modules/documents: the guardrails, each of
// their statements below the place that it comes from, and which document it
// goes into.
func (m module) statements() ([]byte, error) {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendUnstructuredTokens(comments([]string{
		"Written by Parapet " + m.o.Version + "; compile again instead of editing. A statement's Sid",
		"in AWS begins with its name here.",
	}))
	f.Body().AppendNewline()
	locals := f.Body().AppendNewBlock("locals", nil).Body()
	locals.SetAttributeRaw("limits", m.limits())
	locals.AppendNewline()
	locals.SetAttributeRaw("guardrails", m.guardrailIndex())
	locals.AppendNewline()
	locals.SetAttributeRaw("statements", m.statementIndex())
	locals.AppendNewline()
	locals.SetAttributeRaw("documents", m.documentIndex())
	locals.AppendNewline()
	contents, err := m.contentIndex()
	if err != nil {
		return nil, err
	}
	locals.SetAttributeRaw("contents", contents)
	return render(f), nil
}

// limits writes the quotas of the module's documents, by policy type.
func (m module) limits() hclwrite.Tokens {
	var members []member
	for _, d := range m.docs {
		if slices.ContainsFunc(members, func(w member) bool { return w.name == d.PolicyType }) {
			continue
		}
		l, _ := layer.Lookup(d.Layer)
		members = append(members, member{name: d.PolicyType, value: object(
			member{name: "document", value: number(m.o.Limits.Document(d.Layer)), comment: quotaNote(m.o.Limits, l.Document)},
			member{name: "attachments", value: number(m.o.Limits.Attachments(d.Layer)), comment: quotaNote(m.o.Limits, l.Attachments)},
			member{name: "attached", value: number(l.Attached)},
		)})
	}
	return object(members...)
}

// contentIndex writes the content of the declarative policies, by document.
func (m module) contentIndex() (hclwrite.Tokens, error) {
	var members []member
	for _, d := range m.docs {
		if d.Content == nil {
			continue
		}
		v, err := ctyValue(d.Content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name, err)
		}
		members = append(members, member{name: d.Name, value: hclwrite.TokensForValue(v)})
	}
	return object(members...), nil
}

// quotaNote says where a quota was read.
func quotaNote(l layer.Limits, name string) []string {
	for _, q := range l.Quotas() {
		if q.Name != name {
			continue
		}
		if q.Since == "" {
			return []string{fmt.Sprintf("%s, as %s sets it", q.Unit, path.Base(filepath.ToSlash(q.Source)))}
		}
		return []string{fmt.Sprintf("%s, since %s: %s", q.Unit, q.Since, q.Source)}
	}
	return nil
}

func (m module) guardrailIndex() hclwrite.Tokens {
	var members []member
	for _, g := range m.guardrails() {
		if slices.ContainsFunc(members, func(w member) bool { return w.name == g.ID }) {
			continue // on two layers
		}
		members = append(members, member{name: g.ID, comment: []string{g.Title}, value: object(
			member{name: "source", value: text(source(g, 0))},
			member{name: "findings", value: list(slices.Concat(addresses(g)))},
		)})
	}
	return object(members...)
}

func (m module) statementIndex() hclwrite.Tokens {
	byID := map[string]ir.Guardrail{}
	for _, g := range m.prog.Guardrails {
		byID[g.ID] = g
	}
	var all []ir.Statement
	for _, d := range m.docs {
		all = append(all, d.Statements...)
	}
	slices.SortFunc(all, func(a, b ir.Statement) int { return cmp.Compare(a.Sid, b.Sid) })
	var members []member
	for _, st := range all {
		members = append(members, member{
			name: st.Sid, comment: trace(byID[st.Guardrail], st),
			value: object(
				member{name: "guardrail", value: text(st.Guardrail)},
				member{name: "actions", value: list(sorted(st.Actions))},
				member{name: "resources", value: list(sorted(st.Resources))},
				member{name: "conditions", value: conditions(st)},
			),
		})
	}
	return object(members...)
}

// shown is how many findings a comment names; proof.json has them all.
const shown = 5

// trace says where a statement comes from.
func trace(g ir.Guardrail, st ir.Statement) []string {
	lines := []string{fmt.Sprintf("%s (%s, %s)", cmp.Or(g.Title, g.ID), g.Fidelity, g.Trust), source(g, st.Line)}
	where := addresses(g)
	if len(where) > shown {
		where = append(where[:shown:shown], fmt.Sprintf("and %d more", len(where)-shown))
	}
	if len(where) > 0 {
		lines = append(lines, "would have prevented "+strings.Join(where, ", "))
	}
	return lines
}

// conditions writes a statement's own conditions, by operator and key.
func conditions(st ir.Statement) hclwrite.Tokens {
	// The empty set of exceptions brings them into the order, the spelling and
	// the joined form that the documents have.
	own := except.Set{}.Expand(st)[0].Conditions
	var operators []member
	for i := 0; i < len(own); {
		op := own[i].Operator
		var keys []member
		for ; i < len(own) && own[i].Operator == op; i++ {
			keys = append(keys, member{name: own[i].Key, value: list(own[i].Values)})
		}
		operators = append(operators, member{name: op.String(), value: object(keys...)})
	}
	return object(operators...)
}

func (m module) documentIndex() hclwrite.Tokens {
	var members []member
	for _, d := range m.docs {
		var sids []string
		for _, st := range d.Statements {
			sids = append(sids, st.Sid)
		}
		members = append(members, member{name: d.Name, value: object(
			member{name: "type", value: text(d.PolicyType)},
			member{name: "description", value: text(description(d))},
			member{name: "statements", value: list(sids)},
			member{name: "tags", value: object(
				member{name: "parapet:document", value: text(d.Name)},
				member{name: "parapet:guardrails", value: text(cut(strings.Join(d.Guardrails, " "), tagValue))},
				member{name: "parapet:version", value: text(cut(m.o.Version, tagValue))},
			)},
		)})
	}
	return object(members...)
}

// The longest description and tag value of an Organizations policy
// (CreatePolicy and Tag in the AWS Organizations API Reference).
const (
	descriptionLength = 512
	tagValue          = 256
)

func description(d pack.Document) string {
	return cut("Parapet guardrails: "+strings.Join(d.Guardrails, ", "), descriptionLength)
}

// cut shortens ASCII text to n bytes, at a word, and says so with a plus.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:n-2]
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	return strings.TrimSuffix(s, ",") + " +"
}

func sorted(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// content returns the policy that a document holds with the exceptions in set
// worked in, as Terraform writes it, and how many statements it has.
func content(d pack.Document, set except.Set) (policy []byte, statements int, err error) {
	if d.Content != nil {
		if policy, err = json.Marshal(d.Content); err != nil {
			return nil, 0, fmt.Errorf("content of %s: %w", d.Name, err)
		}
		return policy, 0, nil
	}
	l, _ := layer.Lookup(d.Layer)
	p := l.Policy(set.Document(d.Statements).Statements)
	return p.TerraformJSON(), len(p.Statements), nil
}

// Size returns what [pack.Options] takes as Size: the bytes of a statement in a
// document of a layer, with the exceptions in set worked in.
func Size(set except.Set) func(ir.Layer, ir.Statement) int {
	return func(id ir.Layer, st ir.Statement) int {
		l, _ := layer.Lookup(id)
		return l.Size(set.Expand(st))
	}
}
