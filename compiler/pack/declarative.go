package pack

import (
	"encoding/json"
	"slices"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/diag"
)

// packDeclarative merges the declarative parts of all guardrails into one
// document for each type. Two guardrails that want different values of one
// setting are an error: nobody but their authors can say which is meant.
func packDeclarative(prog ir.Program, l layer.Layer, o Options) ([]Document, diag.Diagnostics) {
	var docs []Document
	var ds diag.Diagnostics
	for _, t := range layer.DeclarativeTypes {
		d := Document{Name: t.Document, Layer: l.ID, PolicyType: t.Name, Limit: o.Limits.Document(l.ID)}
		for _, g := range prog.Guardrails {
			for _, part := range g.Declaratives {
				if g.Layer != l.ID || part.PolicyType != t.Name {
					continue
				}
				merged, conflict := layer.MergeDeclarative(d.Content, part.Content)
				if conflict != "" {
					ds = append(ds, diag.Errorf("declarative-conflict", "guardrail %s wants another value of %s than those before it", g.ID, conflict).
						At(diag.Place{File: g.Policy.File, Line: g.Policy.Line}).
						WithHint("compile one of them, or give the policies the same parameters"))
					continue
				}
				d.Content = merged
				d.Guardrails = append(d.Guardrails, g.ID)
			}
		}
		if d.Content == nil {
			continue
		}
		slices.Sort(d.Guardrails)
		d.Guardrails = slices.Compact(d.Guardrails)
		if text, err := json.Marshal(d.Content); err != nil || len(text) > d.Limit {
			ds = append(ds, diag.Errorf("document-too-large", "the %s of the guardrails takes %d characters; AWS takes %d", t.Name, len(text), d.Limit))
		}
		docs = append(docs, d)
	}
	return docs, ds
}
