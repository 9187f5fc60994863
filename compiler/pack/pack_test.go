package pack_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// sized returns a size function that reads a statement's size from its Line.
func sized(_ ir.Layer, st ir.Statement) int { return st.Line }

func guard(id, service string, sizes ...int) ir.Guardrail {
	g := ir.Guardrail{ID: id, Layer: ir.SCP}
	for i, n := range sizes {
		g.Statements = append(g.Statements, ir.Statement{Sid: fmt.Sprintf("%s%d", id, i), Guardrail: id, Actions: []string{service + ":Do"}, Resources: []string{"*"}, Line: n})
	}
	return g
}

func assignment(docs []pack.Document) map[string]string {
	out := map[string]string{}
	for _, d := range docs {
		for _, st := range d.Statements {
			out[st.Sid] = d.Name
		}
	}
	return out
}

func TestPack(t *testing.T) {
	options := pack.Options{Limits: layer.DefaultLimits(), Size: sized}
	for _, tc := range []struct {
		name       string
		guardrails []ir.Guardrail
		previous   map[string]string
		want       map[string]string
		code       string
	}{
		{"none", nil, nil, map[string]string{}, ""},
		{"one document", []ir.Guardrail{guard("b", "s3", 100), guard("a", "ec2", 100, 100)}, nil, map[string]string{"a0": "scp-1", "a1": "scp-1", "b0": "scp-1"}, ""},
		{"headroom is left", []ir.Guardrail{guard("a", "ec2", 5000), guard("b", "ec2", 5000)}, nil, map[string]string{"a0": "scp-1", "b0": "scp-2"}, ""},
		{"a guardrail stays together", []ir.Guardrail{guard("a", "ec2", 5000), guard("b", "ec2", 2000, 3000)}, nil, map[string]string{"a0": "scp-1", "b0": "scp-2", "b1": "scp-2"}, ""},
		{"unless it cannot", []ir.Guardrail{guard("a", "ec2", 5000, 6000)}, nil, map[string]string{"a0": "scp-1", "a1": "scp-2"}, ""},
		{"a large statement is alone", []ir.Guardrail{guard("a", "ec2", 10000), guard("b", "ec2", 50)}, nil, map[string]string{"a0": "scp-1", "b0": "scp-2"}, ""},
		{"first fit fills gaps", []ir.Guardrail{guard("a", "ec2", 5000), guard("b", "ec2", 6000), guard("c", "s3", 3000)}, nil, map[string]string{"a0": "scp-1", "b0": "scp-2", "c0": "scp-1"}, ""},
		{"too large", []ir.Guardrail{guard("a", "ec2", 10202)}, nil, nil, "statement-too-large"},
		{"just fits", []ir.Guardrail{guard("a", "ec2", 10201)}, nil, map[string]string{"a0": "scp-1"}, ""},
		{"what was placed stays", []ir.Guardrail{guard("a", "ec2", 100), guard("b", "ec2", 100), guard("c", "s3", 100)}, map[string]string{"b0": "scp-3", "gone": "scp-1"}, map[string]string{"a0": "scp-3", "b0": "scp-3", "c0": "scp-3"}, ""},
		{"also into the headroom", []ir.Guardrail{guard("a", "ec2", 5000), guard("b", "ec2", 5000)}, map[string]string{"a0": "scp-1", "b0": "scp-1"}, map[string]string{"a0": "scp-1", "b0": "scp-1"}, ""},
		{"but no further", []ir.Guardrail{guard("a", "ec2", 5000), guard("b", "ec2", 6000)}, map[string]string{"a0": "scp-1", "b0": "scp-1"}, map[string]string{"a0": "scp-1", "b0": "scp-2"}, ""},
		{"names of others are not taken", []ir.Guardrail{guard("a", "ec2", 100)}, map[string]string{"a0": "scp-01"}, map[string]string{"a0": "scp-1"}, ""},
		{"settings have no document", []ir.Guardrail{{ID: "s", Layer: ir.Account, Settings: []ir.Setting{{}}}}, nil, map[string]string{}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options
			o.Previous = tc.previous
			docs, ds := pack.Pack(ir.Program{Guardrails: tc.guardrails}, o)
			if tc.code != "" {
				if len(ds) != 1 || ds[0].Code != tc.code {
					t.Errorf("got %v, want %s", ds, tc.code)
				}
				return
			}
			if got := assignment(docs); len(ds) > 0 || !maps.Equal(got, tc.want) {
				t.Errorf("got %v, want %v: %v", got, tc.want, ds)
			}
		})
	}
	var many []ir.Guardrail
	for i := range 10 {
		many = append(many, guard(fmt.Sprint("g", i), "ec2", 6000))
	}
	if docs, ds := pack.Pack(ir.Program{Guardrails: many}, options); len(docs) != 10 || !ds.HasErrors() || ds[0].Code != "documents-too-many" {
		t.Errorf("10 documents beside FullAWSAccess: %v", ds)
	}
	if _, ds := pack.Pack(ir.Program{Guardrails: many[:9]}, options); len(ds) > 0 {
		t.Error(ds)
	}
}

// FuzzPack states what packing must keep: every statement is in one document,
// no document is too large, the result does not hang on the order of the input,
// and a guardrail more changes one document at most when the last packing is
// known.
func FuzzPack(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	services := []string{"ec2", "iam", "kms", "rds", "s3"}
	f.Fuzz(func(t *testing.T, seed uint64) {
		w := rand.New(rand.NewPCG(seed, 0))
		random := func(id string) ir.Guardrail {
			var sizes []int
			for range 1 + w.IntN(4) {
				sizes = append(sizes, 100+w.IntN(1500))
			}
			return guard(id, services[w.IntN(len(services))], sizes...)
		}
		var prog ir.Program
		for i := range 1 + w.IntN(15) {
			prog.Guardrails = append(prog.Guardrails, random(fmt.Sprintf("g%02d-", i)))
		}
		o := pack.Options{Limits: layer.DefaultLimits(), Size: sized}
		docs, ds := pack.Pack(prog, o)
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		check(t, prog, docs)
		shuffled := ir.Program{Guardrails: slices.Clone(prog.Guardrails)}
		w.Shuffle(len(shuffled.Guardrails), func(i, j int) {
			shuffled.Guardrails[i], shuffled.Guardrails[j] = shuffled.Guardrails[j], shuffled.Guardrails[i]
		})
		again, _ := pack.Pack(shuffled, o)
		if !maps.Equal(assignment(docs), assignment(again)) {
			t.Errorf("another order: %v, then %v", assignment(docs), assignment(again))
		}
		o.Previous = assignment(docs)
		prog.Guardrails = append(prog.Guardrails, random("new"))
		more, ds := pack.Pack(prog, o)
		if len(ds) > 0 {
			t.Skip(ds)
		}
		check(t, prog, more)
		for sid, doc := range assignment(docs) {
			if got := assignment(more)[sid]; got != doc {
				t.Errorf("%s moved from %s to %s", sid, doc, got)
			}
		}
	})
}

func check(t *testing.T, prog ir.Program, docs []pack.Document) {
	t.Helper()
	count := 0
	for _, g := range prog.Guardrails {
		count += len(g.Statements)
	}
	placed := 0
	for _, d := range docs {
		size := len(`{"Statement":[],"Version":"2012-10-17"}`) + len(d.Statements) - 1
		for _, st := range d.Statements {
			size += st.Line
		}
		placed += len(d.Statements)
		if size > d.Limit || d.Limit != 10240 {
			t.Errorf("%s has %d characters of %d", d.Name, size, d.Limit)
		}
	}
	if placed != count || len(assignment(docs)) != count {
		t.Errorf("%d statements placed of %d", placed, count)
	}
}
