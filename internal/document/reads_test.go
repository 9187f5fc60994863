package document_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/input"
)

// TestProjectionLosesNothing holds the analysis to its law: policies say the
// same of what the projection keeps as of the whole document. Policies and
// documents are random.
func TestProjectionLosesNothing(t *testing.T) {
	t.Parallel()
	const want = 300
	evaluated, spoke, narrow := 0, 0, 0
	for seed := uint64(0); evaluated < want && seed < 10*want; seed++ {
		ok, said, kept := checkProjection(t, seed)
		if ok {
			evaluated++
		}
		if said {
			spoke++
		}
		if kept {
			narrow++
		}
	}
	// The test must not become hollow: most policies compile, many of them say
	// something, and most projections leave something out.
	if evaluated < want || spoke < want/4 || narrow < want/2 {
		t.Errorf("of %d policies %d said something and %d had a narrow projection", evaluated, spoke, narrow)
	}
}

func FuzzProjectionLosesNothing(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkProjection(t, seed) })
}

// checkProjection compares one policy on one document with itself.
func checkProjection(t *testing.T, seed uint64) (evaluated, spoke, narrow bool) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 7)) // #nosec G404 -- reproducible on purpose
	src := (&policyWriter{rnd: rnd}).module()
	p, ds := document.New(document.Options{Modules: []engine.Module{{Path: "p.rego", Source: []byte(src)}}, Jobs: 1})
	if ds.HasErrors() {
		return false, false, false
	}
	plan := randomPlan(rnd)
	whole, all := evaluate(t, p, plan, input.Everything())
	projected, some := evaluate(t, p, plan, p.Projection())
	if whole != projected {
		t.Fatalf("seed %d: the projection changes the result\n%s\nplan:\n%s\nwhole:\n%s\nprojected:\n%s", seed, src, plan, whole, projected)
	}
	return true, whole != "[]", len(some) < len(all)/2
}

func evaluate(t *testing.T, p *document.Program, plan string, projection *input.Projection) (said, doc string) {
	t.Helper()
	in, err := input.Load(context.Background(), "-", strings.NewReader(plan), input.Options{Document: projection, OnlyDocument: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, plan)
	}
	res, err := p.Check(context.Background(), in.Document, document.File{})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, f := range res.Findings {
		list = append(list, fmt.Sprintf("%s %s %s %s", f.Policy, f.Status, f.Resource.Address, f.Message))
	}
	slices.Sort(list)
	b, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b), in.Document.Value.String()
}

var (
	docKeys   = []string{"a", "b", "c", "type"}
	docScalar = []any{"x", "y", "", 0, 1, 2.5, true, false, nil, "x"}
)

func randomPlan(rnd *rand.Rand) string {
	changes := []any{}
	for i := range 1 + rnd.IntN(4) {
		changes = append(changes, map[string]any{
			"address": fmt.Sprintf("aws_x.r%d", i), "mode": "managed", "type": pickOf(rnd, "x", "y"), "name": "r",
			"change": map[string]any{
				"actions": []any{pickOf(rnd, "create", "delete")}, "before": randomValue(rnd, 3), "after": randomValue(rnd, 3),
			},
		})
	}
	b, _ := json.Marshal(map[string]any{
		"format_version": "1.2", "planned_values": map[string]any{}, "resource_changes": changes,
		"a": randomValue(rnd, 4), "b": randomValue(rnd, 4), "c": randomValue(rnd, 4),
	})
	return string(b)
}

func randomValue(rnd *rand.Rand, depth int) any {
	if depth == 0 || rnd.IntN(5) == 0 {
		return pickOf(rnd, docScalar...)
	}
	if rnd.IntN(2) == 0 {
		list := []any{}
		for range rnd.IntN(4) {
			list = append(list, randomValue(rnd, depth-1))
		}
		return list
	}
	m := map[string]any{}
	for _, k := range docKeys {
		if rnd.IntN(4) > 0 {
			m[k] = randomValue(rnd, depth-1)
		}
	}
	return m
}

func pickOf[T any](rnd *rand.Rand, list ...T) T { return list[rnd.IntN(len(list))] }

// policyWriter writes random modules.
type policyWriter struct {
	rnd  *rand.Rand
	next int
	vars []string
	b    strings.Builder
	args int // functions f0..f(args-1) and rules may be used
}

func (w *policyWriter) module() string {
	w.b.WriteString("package main\n\n")
	for i := range w.rnd.IntN(4) { // functions use those before them
		w.args = i
		w.function(i)
	}
	for i := range 1 + w.rnd.IntN(3) {
		w.vars = nil
		fmt.Fprintf(&w.b, "%s contains msg if {\n", pickOf(w.rnd, "deny", "deny", fmt.Sprintf("warn_%d", i)))
		w.statements(1+w.rnd.IntN(5), "\t")
		w.message()
		w.b.WriteString("}\n\n")
	}
	return w.b.String()
}

// function writes a helper: a function and a rule of one of four kinds.
func (w *policyWriter) function(i int) {
	w.vars = []string{"arg"}
	kind := w.rnd.IntN(3)
	for range 1 + w.rnd.IntN(2) {
		w.vars = []string{"arg"}
		switch kind {
		case 0:
			fmt.Fprintf(&w.b, "f%d(arg) := out if {\n", i)
		case 1:
			fmt.Fprintf(&w.b, "f%d(arg) if {\n", i)
		case 2:
			fmt.Fprintf(&w.b, "f%d([arg, _]) := out if {\n", i)
		}
		w.statements(w.rnd.IntN(3), "\t")
		if kind == 1 {
			w.condition("\t")
		} else {
			fmt.Fprintf(&w.b, "\tout := %s\n", w.path())
		}
		w.b.WriteString("}\n\n")
	}
	w.vars = nil
	switch w.rnd.IntN(4) {
	case 0:
		fmt.Fprintf(&w.b, "r%d contains out if {\n", i)
	case 1:
		fmt.Fprintf(&w.b, "r%d := out if {\n", i)
	case 2:
		fmt.Fprintf(&w.b, "r%d[key] := out if {\n\tsome key in {\"a\", \"b\"}\n", i)
		w.vars = []string{"key"}
	case 3:
		fmt.Fprintf(&w.b, "r%d[key] contains out if {\n\tsome key in {\"a\", \"b\"}\n", i)
		w.vars = []string{"key"}
	}
	w.statements(w.rnd.IntN(3), "\t")
	fmt.Fprintf(&w.b, "\tout := %s\n}\n\n", w.path())
}

func (w *policyWriter) fresh() string {
	w.next++
	return fmt.Sprintf("v%d", w.next)
}

func (w *policyWriter) statements(n int, indent string) {
	for range n {
		if w.rnd.IntN(3) == 0 {
			w.condition(indent)
		} else {
			w.binding(indent)
		}
	}
}

// path writes a reference: something that is there and some steps.
func (w *policyWriter) path() string {
	var base string
	switch n := w.rnd.IntN(10); {
	case n < 5 && len(w.vars) > 0:
		base = pickOf(w.rnd, w.vars...)
	case n == 5 && w.args > 0:
		base = fmt.Sprintf("r%d", w.rnd.IntN(w.args))
		if w.rnd.IntN(2) == 0 {
			base += "[_]"
		}
	case n < 8:
		base = "input.resource_changes[_]" + pickOf(w.rnd, "", ".type", ".change", ".change.after", ".change.before", ".address")
	default:
		base = "input." + pickOf(w.rnd, "a", "b", "c")
	}
	for range w.rnd.IntN(3) {
		base += pickOf(w.rnd, ".a", ".b", ".c", ".type", "[_]", "[0]", `["a"]`)
	}
	return base
}

func (w *policyWriter) constant() string {
	return pickOf(w.rnd, `"x"`, `"y"`, `""`, "0", "1", "true", "false", "null", `["x"]`, `{"a": 1}`, `[]`, `{}`)
}

func (w *policyWriter) binding(indent string) {
	v, p := w.fresh(), w.path()
	switch w.rnd.IntN(16) {
	case 0, 1, 2:
		fmt.Fprintf(&w.b, "%s%s := %s\n", indent, v, p)
	case 3, 4:
		fmt.Fprintf(&w.b, "%ssome %s in %s\n", indent, v, p)
	case 5:
		k := w.fresh()
		fmt.Fprintf(&w.b, "%ssome %s, %s in %s\n", indent, k, v, p)
		w.vars = append(w.vars, k)
	case 6, 7:
		inner := w.fresh()
		w.comprehension(indent, v, inner, p)
	case 8:
		fmt.Fprintf(&w.b, "%s%s := object.get(%s, %s, %s)\n", indent, v, p, pickOf(w.rnd, `"a"`, `["a", "b"]`, `["a", 0]`), pickOf(w.rnd, "null", `"x"`, w.path()))
	case 9:
		if w.args == 0 {
			fmt.Fprintf(&w.b, "%s%s := %s\n", indent, v, p)
			break
		}
		fmt.Fprintf(&w.b, "%s%s := f%d(%s)\n", indent, v, w.rnd.IntN(w.args), pickOf(w.rnd, p, "["+p+", 1]"))
	case 10:
		fmt.Fprintf(&w.b, "%s%s := [%s, %s]\n", indent, v, p, w.path())
	case 11:
		fmt.Fprintf(&w.b, "%s%s := {\"a\": %s, \"b\": %s}\n", indent, v, p, w.path())
	case 12:
		second := w.fresh()
		fmt.Fprintf(&w.b, "%s[%s, %s] := %s\n", indent, v, second, p)
		w.vars = append(w.vars, second)
	case 13:
		fmt.Fprintf(&w.b, "%s%s := {%s}\n", indent, v, p)
	case 14:
		fmt.Fprintf(&w.b, "%swalk(%s, [_, %s])\n", indent, p, v)
	case 15:
		fmt.Fprintf(&w.b, "%s%s := count(%s)\n", indent, v, p)
	}
	w.vars = append(w.vars, v)
}

func (w *policyWriter) comprehension(indent, v, inner, p string) {
	outer := slices.Clone(w.vars)
	head := pickOf(w.rnd, "["+inner+" | ", "{"+inner+" | ", "{\"k\": "+inner+" | ", "{"+inner+": 1 | ")
	fmt.Fprintf(&w.b, "%s%s := %s\n%s\tsome %s in %s\n", indent, v, head, indent, inner, p)
	w.vars = append(w.vars, inner)
	if w.rnd.IntN(2) == 0 {
		w.condition(indent + "\t")
	}
	fmt.Fprintf(&w.b, "%s%s\n", indent, map[byte]string{'[': "]", '{': "}"}[head[0]])
	w.vars = outer
}

func (w *policyWriter) condition(indent string) {
	p := w.path()
	switch w.rnd.IntN(12) {
	case 0, 1:
		fmt.Fprintf(&w.b, "%s%s == %s\n", indent, p, w.constant())
	case 2:
		fmt.Fprintf(&w.b, "%s%s %s %s\n", indent, p, pickOf(w.rnd, "!=", ">", "<="), w.constant())
	case 3:
		fmt.Fprintf(&w.b, "%s%s == %s\n", indent, p, w.path())
	case 4:
		fmt.Fprintf(&w.b, "%snot %s\n", indent, p)
	case 5:
		fmt.Fprintf(&w.b, "%snot %s == %s\n", indent, p, w.constant())
	case 6:
		fmt.Fprintf(&w.b, "%scount(%s) %s %d\n", indent, p, pickOf(w.rnd, "==", ">"), w.rnd.IntN(4))
	case 7:
		fmt.Fprintf(&w.b, "%s%s in %s\n", indent, w.constant(), p)
	case 8:
		fmt.Fprintf(&w.b, "%s%s in %s\n", indent, p, pickOf(w.rnd, `{"x", "y"}`, `["x", 1]`, w.path()))
	case 9:
		fmt.Fprintf(&w.b, "%s%s\n", indent, pickOf(w.rnd, `startswith(`+p+`, "x")`, `is_object(`+p+`)`, `"a" in object.keys(`+p+`)`))
	case 10:
		x := w.fresh()
		fmt.Fprintf(&w.b, "%severy %s in %s {\n", indent, x, p)
		outer := slices.Clone(w.vars)
		w.vars = append(w.vars, x)
		w.condition(indent + "\t")
		w.vars = outer
		fmt.Fprintf(&w.b, "%s}\n", indent)
	case 11:
		fmt.Fprintf(&w.b, "%s%s with input.%s as %s\n", indent, p, pickOf(w.rnd, "a", "b"), w.path())
	}
}

func (w *policyWriter) message() {
	if len(w.vars) == 0 || w.rnd.IntN(4) == 0 {
		w.b.WriteString("\tmsg := \"said\"\n")
		return
	}
	v := pickOf(w.rnd, w.vars...)
	fmt.Fprintf(&w.b, "\tmsg := %s\n", pickOf(w.rnd, `sprintf("%v", [`+v+`])`, "json.marshal("+v+")", `{"msg": "m", "details": `+v+`}`, fmt.Sprintf(`sprintf("%%d", [count(%s)])`, v)))
}
