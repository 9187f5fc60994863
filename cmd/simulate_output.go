package cmd

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// The JSON of a decision. It is part of the command line's contract.
type (
	statementJSON struct {
		Target    string `json:"target,omitempty"` // of the level
		Policy    int    `json:"policy"`           // index in its list
		Statement int    `json:"statement"`        // index in its policy
		Sid       string `json:"sid,omitempty"`
		File      string `json:"file,omitempty"`
		Line      int    `json:"line,omitempty"`
	}
	decisionJSON struct {
		Decision   simulate.Effect `json:"decision"`
		Layer      simulate.Layer  `json:"layer"`
		Target     string          `json:"target,omitempty"`
		Statements []statementJSON `json:"statements"`
		DependsOn  []string        `json:"depends_on"`
		Layers     []layerJSON     `json:"layers"`
	}
	layerJSON struct {
		Layer      simulate.Layer  `json:"layer"`
		Target     string          `json:"target,omitempty"`
		Applies    bool            `json:"applies"`
		Says       simulate.Effect `json:"says,omitempty"`
		Note       string          `json:"note,omitempty"`
		Statements []matchJSON     `json:"statements"`
	}
	matchJSON struct {
		statementJSON
		Effect     iam.Effect     `json:"effect"`
		Matches    simulate.Match `json:"matches"`
		Mismatches []mismatchJSON `json:"mismatches"`
	}
	mismatchJSON struct {
		Element  string   `json:"element"`
		Operator string   `json:"operator,omitempty"`
		Key      string   `json:"key,omitempty"`
		Policy   []string `json:"policy"`
		Request  string   `json:"request"`
		Perhaps  bool     `json:"perhaps,omitempty"`
	}
)

func (s Streams) writeExplanation(format string, p *policySet, x simulate.Explanation) error {
	if format == formatJSON {
		enc := json.NewEncoder(s.Out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(explanationJSON(p, x))
	}
	return s.writeExplanationTable(p, x)
}

func explanationJSON(p *policySet, x simulate.Explanation) decisionJSON {
	d := x.Decision
	out := decisionJSON{
		Decision: d.Effect, Layer: d.Layer, Target: d.Target, Statements: []statementJSON{},
		DependsOn: append([]string{}, d.DependsOn...), Layers: []layerJSON{},
	}
	for _, ref := range d.Statements {
		out.Statements = append(out.Statements, p.refJSON(ref))
	}
	for _, l := range x.Layers {
		layer := layerJSON{Layer: l.Layer, Target: l.Target, Applies: l.Applies, Says: l.Effect, Note: l.Note, Statements: []matchJSON{}}
		for _, st := range l.Statements {
			m := matchJSON{statementJSON: p.refJSON(st.Ref), Effect: st.Effect, Matches: st.Match, Mismatches: []mismatchJSON{}}
			for _, mm := range st.Mismatches {
				m.Mismatches = append(m.Mismatches, mismatchJSON{mm.Element, mm.Operator, mm.Key, append([]string{}, mm.Policy...), mm.Request, mm.Perhaps})
			}
			layer.Statements = append(layer.Statements, m)
		}
		out.Layers = append(out.Layers, layer)
	}
	return out
}

func (p *policySet) refJSON(ref simulate.StatementRef) statementJSON {
	file, line := p.file(ref)
	return statementJSON{Target: ref.Target, Policy: ref.Policy, Statement: ref.Statement, Sid: ref.Sid, File: file, Line: line}
}

// describe names a statement for a reader: its Sid, or its number, and where
// it stands.
func (p *policySet) describe(ref simulate.StatementRef) string {
	file, line := p.file(ref)
	if line > 0 {
		file = fmt.Sprintf("%s:%d", file, line)
	}
	return cmp.Or(ref.Sid, fmt.Sprintf("statement %d", ref.Statement+1)) + " (" + file + ")"
}

func (s Streams) writeExplanationTable(p *policySet, x simulate.Explanation) error {
	d := x.Decision
	var b strings.Builder
	b.WriteString(string(d.Effect))
	if d.Layer != "" {
		fmt.Fprintf(&b, " by %s", d.Layer)
	}
	for i, ref := range d.Statements {
		b.WriteString([]string{": ", ", "}[min(i, 1)])
		b.WriteString(p.describe(ref))
	}
	if d.DependsOn != nil {
		fmt.Fprintf(&b, "\ndepends on %s", strings.Join(d.DependsOn, ", "))
	}
	if d.Effect == simulate.Allowed && d.Layer == simulate.LayerIdentity && p.identity == nil {
		b.WriteString(": its policies are not given, and taken to allow everything")
	}
	b.WriteString("\n")
	if len(x.Layers) > 0 {
		b.WriteString("\n")
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LAYER\tSAYS\tSTATEMENT\tEFFECT\tMATCHES\tWHY")
		for _, l := range x.Layers {
			says := cmp.Or(string(l.Effect), "does not apply")
			if len(l.Statements) == 0 {
				fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t%s\n", l.Layer, says, l.Note)
			}
			for _, st := range l.Statements {
				why := []string{l.Note}
				if len(st.Mismatches) > 0 {
					why = nil
				}
				for _, m := range st.Mismatches {
					why = append(why, m.String())
				}
				for i, line := range why {
					if i == 0 {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Layer, says, p.describe(st.Ref), st.Effect, st.Match, line)
					} else {
						fmt.Fprintf(w, "\t\t\t\t\t%s\n", line)
					}
				}
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	// tabwriter pads the last cell of a row that is empty.
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(s.Out, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
