package pack_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
)

// best returns the least number of documents that hold statements of these
// sizes, found by trying every packing: each statement into each document with
// room and into a new one. commas and the wrapper count as they do in a document.
func best(sizes []int, limit, wrapper int) int {
	sizes = slices.Clone(sizes)
	slices.SortFunc(sizes, func(a, b int) int { return b - a })
	least := len(sizes)
	var bins []int
	var try func(i int)
	try = func(i int) {
		if len(bins) >= least {
			return
		}
		if i == len(sizes) {
			least = len(bins)
			return
		}
		for b := range bins {
			if bins[b]+sizes[i]+1 <= limit && !slices.Contains(bins[:b], bins[b]) {
				bins[b] += sizes[i] + 1
				try(i + 1)
				bins[b] -= sizes[i] + 1
			}
		}
		bins = append(bins, wrapper+sizes[i])
		try(i + 1)
		bins = bins[:len(bins)-1]
	}
	try(0)
	return least
}

// TestAgainstTheBestPacking compares with the best packing of small programs,
// statement by statement and with all of every document to fill: the number of
// documents is at most one more, and none is over its quota. The programs take
// a document's worth of statements to six.
func TestAgainstTheBestPacking(t *testing.T) {
	const cases = 600
	scp, _ := layer.Lookup(ir.SCP)
	limit := layer.DefaultLimits().Document(ir.SCP)
	services := []string{"ec2", "iam", "kms", "rds", "s3"}
	ours, least, worse := 0, 0, 0
	for seed := range uint64(cases) {
		w := rand.New(rand.NewPCG(seed, 11))
		var prog ir.Program
		var sizes []int
		for i := range 4 + w.IntN(7) {
			var own []int
			for range 1 + w.IntN(2) {
				own = append(own, 200+w.IntN([]int{800, 4800}[w.IntN(2)]))
			}
			sizes = append(sizes, own...)
			prog.Guardrails = append(prog.Guardrails, guard(fmt.Sprintf("g%02d-", i), services[w.IntN(len(services))], own...))
		}
		docs, ds := pack.Pack(prog, pack.Options{Limits: layer.DefaultLimits(), Size: sized, Headroom: -1})
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		check(t, prog, docs)
		want := best(sizes, limit, scp.Wrapper())
		if len(docs) > want+1 {
			t.Errorf("seed %d: %d documents, best %d: %v", seed, len(docs), want, sizes)
		}
		if len(docs) > want {
			worse++
		}
		ours, least = ours+len(docs), least+want
	}
	t.Logf("%d programs: %d documents, best %d, ratio %.3f; one document more than the best in %d", cases, ours, least, float64(ours)/float64(least), worse)
	if float64(ours) > 1.1*float64(least) {
		t.Errorf("%d documents, best %d: more than a tenth too many", ours, least)
	}
	if least < 2*cases {
		t.Errorf("%d programs fill %d documents: too few to mean much", cases, least)
	}
}

// Headroom, stability and keeping a guardrail together give way when there are
// no places left on a target, in this order.
func TestSlotsComeFirst(t *testing.T) {
	boundary := func(id string, sizes ...int) ir.Guardrail {
		g := guard(id, "ec2", sizes...)
		g.Layer = ir.Boundary
		return g
	}
	limits, _ := layer.LoadLimits([]byte("scp-attachments: 3"), "limits.yaml")
	for _, tc := range []struct {
		name     string
		limits   layer.Limits
		prog     []ir.Guardrail
		previous map[string]string
		want     map[string]string
	}{
		{"headroom goes", layer.DefaultLimits(), []ir.Guardrail{boundary("a", 3000), boundary("b", 2900)}, nil, map[string]string{"a0": "boundary-1", "b0": "boundary-1"}},
		{
			"then stability", limits,
			[]ir.Guardrail{guard("a", "ec2", 4000), guard("b", "ec2", 4000), guard("c", "ec2", 6100), guard("d", "ec2", 6100)},
			map[string]string{"a0": "scp-1", "b0": "scp-2", "c0": "scp-3", "d0": "scp-4"},
			nil, // which goes where is not the point
		},
		{
			"then guardrails", limits,
			[]ir.Guardrail{guard("a", "ec2", 6800), guard("b", "ec2", 6800), guard("c", "ec2", 3300, 3300)},
			nil,
			map[string]string{"a0": "scp-1", "b0": "scp-2", "c0": "scp-1", "c1": "scp-2"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			docs, ds := pack.Pack(ir.Program{Guardrails: tc.prog}, pack.Options{Limits: tc.limits, Size: sized, Previous: tc.previous})
			got := assignment(docs)
			if len(ds) > 0 || len(got) == 0 || tc.want != nil && len(got) != len(tc.want) {
				t.Fatalf("%v: %v", got, ds)
			}
			names := map[string]bool{}
			for sid, doc := range got {
				names[doc] = true
				if tc.want != nil && tc.want[sid] != doc {
					t.Errorf("%s in %s, want %s", sid, doc, tc.want[sid])
				}
			}
			if free := tc.limits.Attachments(docs[0].Layer); len(names) > free {
				t.Errorf("%d documents in %d places", len(names), free)
			}
		})
	}
}

// TestAddingChangesLittle states the stability of packing in numbers. With the
// last packing known, one guardrail more, or one statement that grows by a
// tenth (an exception, a finding's resource), changes one document, and what it
// grows out of; without it, as first fit does, what comes after.
func TestAddingChangesLittle(t *testing.T) {
	const cases = 300
	changed := func(before, after []pack.Document) int {
		n := 0
		for _, d := range after {
			same := slices.ContainsFunc(before, func(o pack.Document) bool {
				return o.Name == d.Name && slices.EqualFunc(o.Statements, d.Statements, func(a, b ir.Statement) bool { return a.Sid == b.Sid && a.Line == b.Line })
			})
			if !same {
				n++
			}
		}
		return n
	}
	services := []string{"ec2", "iam", "kms", "rds", "s3"}
	documents, added, grown, afresh := 0, 0, 0, 0
	for seed := range uint64(cases) {
		w := rand.New(rand.NewPCG(seed, 12))
		random := func(id string) ir.Guardrail {
			var sizes []int
			for range 1 + w.IntN(3) {
				sizes = append(sizes, 200+w.IntN(900))
			}
			return guard(id, services[w.IntN(len(services))], sizes...)
		}
		var prog ir.Program
		for i := range 40 {
			prog.Guardrails = append(prog.Guardrails, random(fmt.Sprintf("g%02d-", i)))
		}
		o := pack.Options{Limits: layer.DefaultLimits(), Size: sized}
		before, ds := pack.Pack(prog, o)
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		documents += len(before)
		more := ir.Program{Guardrails: append(slices.Clone(prog.Guardrails), random("f99-"))}
		fresh, _ := pack.Pack(more, o)
		afresh += changed(before, fresh)
		o.Previous = assignment(before)
		after, _ := pack.Pack(more, o)
		check(t, more, after)
		if n := changed(before, after); n > 1 {
			t.Errorf("seed %d: a guardrail more changes %d of %d documents", seed, n, len(after))
		} else {
			added += n
		}
		longer := ir.Program{Guardrails: slices.Clone(prog.Guardrails)}
		g := w.IntN(len(longer.Guardrails))
		longer.Guardrails[g].Statements = slices.Clone(longer.Guardrails[g].Statements)
		longer.Guardrails[g].Statements[0].Line += longer.Guardrails[g].Statements[0].Line / 10
		after, _ = pack.Pack(longer, o)
		if n := changed(before, after); n != 1 {
			t.Errorf("seed %d: a longer statement changes %d of %d documents, though the headroom holds it", seed, n, len(after))
		} else {
			grown += n
		}
	}
	t.Logf("of %.1f documents a guardrail more changes %.2f (packed afresh %.2f), a longer statement %.2f",
		float64(documents)/cases, float64(added)/cases, float64(afresh)/cases, float64(grown)/cases)
}

func TestPackDeclarative(t *testing.T) {
	part := func(id, setting, field, value string) ir.Guardrail {
		return ir.Guardrail{ID: id, Layer: ir.Declarative, Declaratives: []ir.DeclarativePolicy{{
			PolicyType: "DECLARATIVE_POLICY_EC2",
			Content:    map[string]any{"ec2_attributes": map[string]any{setting: map[string]any{field: map[string]any{"@@assign": value}}}},
		}}}
	}
	a, b := part("a", "serial_console_access", "status", "disabled"), part("b", "image_block_public_access", "state", "block_new_sharing")
	s3 := ir.Guardrail{ID: "c", Layer: ir.Declarative, Declaratives: []ir.DeclarativePolicy{{
		PolicyType: "S3_POLICY", Content: map[string]any{"s3_attributes": map[string]any{"public_access_block_configuration": map[string]any{"@@assign": "all"}}},
	}}}
	o := pack.Options{Limits: layer.DefaultLimits(), Size: sized}
	docs, ds := pack.Pack(ir.Program{Guardrails: []ir.Guardrail{b, a, s3, guard("d", "ec2", 100)}}, o)
	if len(ds) > 0 || len(docs) != 3 || docs[1].Name != "declarative-ec2" || docs[2].PolicyType != "S3_POLICY" || docs[1].Limit != 10_000 {
		t.Fatalf("%+v: %v", docs, ds)
	}
	if got := docs[1]; !slices.Equal(got.Guardrails, []string{"a", "b"}) || len(got.Content["ec2_attributes"].(map[string]any)) != 2 {
		t.Errorf("merged: %+v", got)
	}
	if _, ds := pack.Pack(ir.Program{Guardrails: []ir.Guardrail{a, part("z", "serial_console_access", "status", "enabled")}}, o); len(ds) != 1 || ds[0].Code != "declarative-conflict" {
		t.Errorf("conflict: %v", ds)
	}
	o.Limits, _ = layer.LoadLimits([]byte("declarative-document: 50"), "limits.yaml")
	if _, ds := pack.Pack(ir.Program{Guardrails: []ir.Guardrail{a}}, o); len(ds) != 1 || ds[0].Code != "document-too-large" {
		t.Errorf("too large: %v", ds)
	}
}
