package except

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Expand returns the statements that go into a document for st: one when no
// exception reaches it or all are plain, more when some are limited in time or
// to resources. Their Sids begin with st.Sid; From20270331 follows for a
// deadline, and Off and the numbers of the resource lists that are left out.
func (s Set) Expand(st ir.Statement) []iam.Statement {
	p := s.plan(st)
	var out []iam.Statement
	for i, c := range p.cells {
		if !p.redundant(i) {
			out = append(out, p.statement(st, c))
		}
	}
	return out
}

// Document returns the policy document that the statements make with the
// exceptions worked in.
func (s Set) Document(statements []ir.Statement) iam.Policy {
	doc := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{}}
	for _, st := range statements {
		doc.Statements = append(doc.Statements, s.Expand(st)...)
	}
	return doc
}

// plan is the expansion of one statement: its cells in order of deadline, then
// of the sets of lists left out.
type plan struct {
	lists [][]string // the distinct lists of resources
	cells []cell
}

// cell is one combination of a deadline that is past and lists left out.
type cell struct {
	level  int    // number of deadlines that are past
	after  string // the last of them; empty for none
	bits   int    // bit j: list j is left out
	exempt []atom // what excludes the identities that are still exempt, sorted
}

func (s Set) plan(st ir.Statement) plan {
	records := s.reaching(st)
	var deadlines []string
	var p plan
	for _, r := range records {
		if r.Until != "" {
			deadlines = append(deadlines, r.Until)
		}
		if len(r.Resources) > 0 {
			p.lists = append(p.lists, r.Resources)
		}
	}
	// The order by JSON text is what the HCL twin of this code sorts by.
	slices.SortFunc(p.lists, func(a, b []string) int { return cmp.Compare(jsonText(a), jsonText(b)) })
	p.lists = slices.CompactFunc(p.lists, slices.Equal)
	for level, after := range append([]string{""}, unique(deadlines)...) {
		// Beyond MaxLists Check refuses the set; this keeps the size bounded.
		for bits := range 1 << min(len(p.lists), MaxLists) {
			p.cells = append(p.cells, cell{level, after, bits, p.exempt(records, after, bits)})
		}
	}
	return p
}

// reaching returns the records that a statement honours. One limited to
// resources has no say in a statement that targets resources itself: Check
// refuses it where the two overlap.
func (s Set) reaching(st ir.Statement) []Record {
	return slices.DeleteFunc(s.For(st.Guardrail), func(r Record) bool {
		return len(r.Resources) > 0 && !open(st)
	})
}

// open reports whether the statement holds for every resource.
func open(st ir.Statement) bool { return slices.Contains(st.Resources, "*") }

// exempt returns the atoms of the records that hold once the deadline after is
// past and outside the lists in bits.
func (p plan) exempt(records []Record, after string, bits int) []atom {
	var out []atom
	for _, r := range records {
		// Instants of one form sort by time.
		past := r.Until != "" && r.Until <= after
		list := slices.IndexFunc(p.lists, func(l []string) bool { return slices.Equal(l, r.Resources) })
		// Lists beyond MaxLists exempt nobody: Check refuses such a set.
		if !past && (list < 0 || list < MaxLists && bits>>list&1 == 0) {
			out = append(out, r.atoms...)
		}
	}
	slices.SortFunc(out, func(a, b atom) int {
		return cmp.Or(cmp.Compare(a.operator, b.operator), cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value))
	})
	return slices.Compact(out)
}

// redundant reports whether a wider neighbour of the cell, one deadline earlier
// or with one list fewer left out, exempts the same. Exempt sets only grow with
// width, so looking at the neighbours is enough.
func (p plan) redundant(i int) bool {
	c := p.cells[i]
	n := min(len(p.lists), MaxLists)
	if c.level > 0 && slices.Equal(p.cells[i-1<<n].exempt, c.exempt) {
		return true
	}
	for j := range n {
		if c.bits>>j&1 == 1 && slices.Equal(p.cells[i-1<<j].exempt, c.exempt) {
			return true
		}
	}
	return false
}

// statement writes a cell of st.
func (p plan) statement(st ir.Statement, c cell) iam.Statement {
	out := iam.Statement{Sid: st.Sid, Effect: iam.Deny, Actions: unique(st.Actions)}
	if c.after != "" {
		t, _ := time.Parse(time.RFC3339, c.after) // instant wrote it
		out.Sid += "From" + strings.TrimSuffix(t.Format("20060102T150405"), "T000000")
	}
	if c.bits == 0 {
		out.Resources = unique(st.Resources)
	} else {
		out.Sid += "Off"
		var left []string
		for j, l := range p.lists {
			if c.bits>>j&1 == 1 {
				out.Sid += fmt.Sprint(j + 1)
				left = append(left, l...)
			}
		}
		out.NotResources = unique(left)
	}
	out.Conditions = conditions(st, c)
	return out
}

// conditions joins the statement's own conditions, the exempt atoms and the
// clock. Where operator and key are the same both are negated, and a negated
// operator excludes every one of its values: joining the lists is AND.
// (layer.Check refuses statements in which a positive operator would meet.)
func conditions(st ir.Statement, c cell) []iam.Condition {
	var out []iam.Condition
	add := func(op iam.Operator, key string, values ...string) {
		i := slices.IndexFunc(out, func(d iam.Condition) bool { return d.Operator == op && d.Key == key })
		if i < 0 {
			out = append(out, iam.Condition{Operator: op, Key: key})
			i = len(out) - 1
		}
		out[i].Values = unique(append(out[i].Values, values...))
	}
	for _, own := range st.Conditions {
		add(own.Operator, CanonicalKey(own.Key), own.Values...)
	}
	for _, a := range c.exempt {
		op := iam.Operator{Base: a.operator}
		if base, ok := strings.CutPrefix(a.operator, "ForAllValues:"); ok {
			op = iam.Operator{Set: iam.ForAllValues, Base: base}
		}
		add(op, a.key, a.value)
	}
	if c.after != "" {
		add(iam.Operator{Base: "DateGreaterThanEquals"}, currentTime, c.after)
	}
	slices.SortFunc(out, iam.CompareConditions)
	return out
}

// CanonicalKey returns the spelling of a condition key that exceptions use, so
// that a guardrail's own condition on it and the exceptions' meet in one list:
// keys do not tell letters' case apart.
func CanonicalKey(key string) string {
	for _, k := range []string{principalARN, principalAccount, principalOrgPaths, currentTime} {
		if strings.EqualFold(k, key) {
			return k
		}
	}
	if len(key) > len(principalTag) && strings.EqualFold(key[:len(principalTag)], principalTag) {
		return principalTag + key[len(principalTag):]
	}
	return key
}

// jsonText is the list as Terraform's jsonencode writes it.
func jsonText(list []string) string {
	text, _ := json.Marshal(list) // strings cannot fail
	return string(text)
}
