// Package pack fits guardrail statements into policy documents under the
// quotas of their layer. It keeps what an earlier compilation placed where it
// was, so that a new guardrail changes few documents, and it leaves room for
// exceptions that are added without compiling again. It writes nothing.
package pack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/diag"
)

// Document is one policy document: the statements that share it, or the merged
// content of a declarative policy.
type Document struct {
	Name       string // "scp-1"; stable from one compilation to the next
	Layer      ir.Layer
	PolicyType string         // what it is created as: SERVICE_CONTROL_POLICY
	Guardrails []string       // ids, sorted
	Statements []ir.Statement // by guardrail, then in the guardrail's order
	Content    map[string]any // of a declarative policy
	Limit      int            // bytes that the document may have
}

// Headroom is the share of every document that is left free for exceptions
// unless Options says otherwise.
const Headroom = 0.15

// Options steer packing.
type Options struct {
	Limits   layer.Limits
	Size     func(ir.Layer, ir.Statement) int // bytes of a statement in a document of the layer, exceptions worked in
	Headroom float64                          // share of a document left free; 0: [Headroom], negative: none
	Previous map[string]string                // Sid → document name of the last compilation
}

// item is what is placed as one: the statements of a guardrail, or one of them
// where they are too many for a document together.
type item struct {
	guardrail  string
	statements []ir.Statement
	size       int // with the commas between
}

// bin is a document being filled.
type bin struct {
	name  string
	items []item
	size  int
}

func (b *bin) add(it item) {
	if len(b.items) > 0 {
		b.size++ // comma
	}
	b.items = append(b.items, it)
	b.size += it.size
}

// Pack places the statements of all guardrails. An error says which statement
// is larger than a document, or that there are more documents than a target
// takes.
func Pack(prog ir.Program, o Options) ([]Document, diag.Diagnostics) {
	var docs []Document
	var ds diag.Diagnostics
	for _, l := range layer.Layers() {
		var packed []Document
		var problems diag.Diagnostics
		switch {
		case l.HasStatements():
			packed, problems = packLayer(prog, l, o)
		case l.HasDocuments():
			packed, problems = packDeclarative(prog, l, o)
		}
		docs = append(docs, packed...)
		ds = append(ds, problems...)
	}
	return docs, ds
}

func packLayer(prog ir.Program, l layer.Layer, o Options) ([]Document, diag.Diagnostics) {
	limit := o.Limits.Document(l.ID)
	headroom := o.Headroom
	if headroom == 0 {
		headroom = Headroom
	}
	fill := limit - int(float64(limit)*max(headroom, 0))
	free := o.Limits.Attachments(l.ID) - l.Attached
	// Places on a target are what cannot be had otherwise: the headroom gives
	// way to them, then the stability, then that a guardrail stays together.
	var bins []*bin
	for _, try := range []struct {
		fill     int
		previous map[string]string
		split    bool
	}{{fill, o.Previous, false}, {limit, o.Previous, false}, {limit, nil, false}, {limit, nil, true}} {
		items, ds := cut(prog, l, o.Size, limit, try.fill)
		if ds.HasErrors() {
			return nil, ds
		}
		if try.split {
			items = split(items, l.ID, o.Size)
		}
		kept, rest := keep(items, l, try.previous, limit)
		if bins = place(kept, rest, l, try.fill); len(bins) <= free {
			break
		}
	}
	var ds diag.Diagnostics
	var docs []Document
	for _, b := range bins {
		d := Document{Name: b.name, Layer: l.ID, PolicyType: l.PolicyType, Limit: limit}
		slices.SortStableFunc(b.items, func(x, y item) int { return cmp.Compare(x.guardrail, y.guardrail) })
		for _, it := range b.items {
			d.Statements = append(d.Statements, it.statements...)
			d.Guardrails = append(d.Guardrails, it.guardrail)
		}
		d.Guardrails = slices.Compact(d.Guardrails)
		docs = append(docs, d)
	}
	if len(docs) > free {
		d := diag.Errorf("documents-too-many", "the guardrails fill %d documents of the type %s, and a target takes %d besides the %d that it has", len(docs), l.ID, free, l.Attached)
		if l.ID == ir.Boundary {
			d = diag.Errorf("documents-too-many", "the guardrails fill %d permissions boundaries, and a principal carries one", len(docs))
		}
		ds = append(ds, d.WithHint("compile fewer policies at once, or spread the modules over nested OUs"))
	}
	return docs, ds
}

// cut returns what is placed, in order of service and guardrail.
func cut(prog ir.Program, l layer.Layer, size func(ir.Layer, ir.Statement) int, limit, fill int) ([]item, diag.Diagnostics) {
	var items []item
	var ds diag.Diagnostics
	wrapper := l.Wrapper()
	for _, g := range prog.Guardrails {
		if g.Layer != l.ID {
			continue
		}
		whole := item{guardrail: g.ID}
		var single []item
		for _, st := range g.Statements {
			n := size(l.ID, st)
			if n+wrapper > limit {
				ds = append(ds, diag.Errorf("statement-too-large", "statement %s of guardrail %s takes %d characters with its exceptions; a %s has %d", st.Sid, g.ID, n+wrapper, l.Title, limit).
					At(diag.Place{File: g.Policy.File, Line: cmp.Or(st.Line, g.Policy.Line)}).
					WithHint("give exceptions the same deadline and the same resources where you can, or end some"))
			}
			if len(whole.statements) > 0 {
				whole.size++
			}
			whole.statements, whole.size = append(whole.statements, st), whole.size+n
			single = append(single, item{guardrail: g.ID, statements: []ir.Statement{st}, size: n})
		}
		if whole.size+wrapper <= fill {
			single = []item{whole}
		}
		items = append(items, single...)
	}
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(service(a), service(b)), cmp.Compare(a.guardrail, b.guardrail))
	})
	return items, ds
}

// service is the prefix of an item's first action: what belongs together is
// read together.
func service(it item) string {
	if len(it.statements[0].Actions) == 0 {
		return ""
	}
	prefix, _, _ := strings.Cut(it.statements[0].Actions[0], ":")
	return prefix
}

// keep puts items back into the documents that they had, as long as they fit,
// and returns those that had none. A name stays with its document even when
// most of it has gone: another name would be another policy in AWS.
func keep(items []item, l layer.Layer, previous map[string]string, limit int) (bins []*bin, rest []item) {
	byName := map[string]*bin{}
	for _, it := range items {
		name := previous[it.statements[0].Sid]
		_, ours := number(l, name)
		if !ours {
			rest = append(rest, it)
			continue
		}
		b := byName[name]
		if b == nil {
			b = &bin{name: name, size: l.Wrapper()}
			byName[name] = b
		}
		if b.size+it.size+1 > limit {
			rest = append(rest, it)
			continue
		}
		b.add(it)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if len(byName[name].items) > 0 {
			bins = append(bins, byName[name])
		}
	}
	return sortBins(bins, l), rest
}

// split makes every statement an item of its own.
func split(items []item, id ir.Layer, size func(ir.Layer, ir.Statement) int) []item {
	var out []item
	for _, it := range items {
		for _, st := range it.statements {
			out = append(out, item{guardrail: it.guardrail, statements: []ir.Statement{st}, size: size(id, st)})
		}
	}
	return out
}

// place puts items into documents: in order of service, so that what belongs
// together is read together, or the largest first where that saves a document.
func place(kept []*bin, items []item, l layer.Layer, fill int) []*bin {
	byService := firstFit(kept, items, l, fill)
	largest := slices.Clone(items)
	slices.SortStableFunc(largest, func(a, b item) int { return cmp.Compare(b.size, a.size) })
	if bySize := firstFit(kept, largest, l, fill); len(bySize) < len(byService) {
		return bySize
	}
	return byService
}

// firstFit puts each item into the first document with room below fill. An item
// that alone is larger than fill gets a document of its own.
func firstFit(kept []*bin, items []item, l layer.Layer, fill int) []*bin {
	var bins []*bin
	for _, b := range kept {
		bins = append(bins, &bin{name: b.name, items: slices.Clone(b.items), size: b.size})
	}
	for _, it := range items {
		i := slices.IndexFunc(bins, func(b *bin) bool { return b.size+it.size+1 <= fill })
		if i < 0 {
			bins = append(bins, &bin{name: freeName(bins, l), size: l.Wrapper()})
			i = len(bins) - 1
		}
		bins[i].add(it)
	}
	return sortBins(bins, l)
}

func sortBins(bins []*bin, l layer.Layer) []*bin {
	slices.SortFunc(bins, func(a, b *bin) int {
		x, _ := number(l, a.name)
		y, _ := number(l, b.name)
		return cmp.Compare(x, y)
	})
	return bins
}

// freeName returns the first unused name.
func freeName(bins []*bin, l layer.Layer) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%d", l.ID, n)
		if !slices.ContainsFunc(bins, func(b *bin) bool { return b.name == name }) {
			return name
		}
	}
}

// number reads the number of a document's name.
func number(l layer.Layer, name string) (int, bool) {
	var n int
	if _, err := fmt.Sscanf(name, string(l.ID)+"-%d", &n); err != nil || fmt.Sprintf("%s-%d", l.ID, n) != name || n < 1 {
		return 0, false
	}
	return n, true
}
