package engine

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

// checkedLibrary is the library as programs load it, and as one whole.
func checkedLibrary(t testing.TB) (asleep, whole *Engine, mods []Module) {
	t.Helper()
	mods, err := ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	whole = mustNew(t, mods...)
	for i := range mods {
		mods[i].Checked = true
	}
	return mustNew(t, mods...), whole, mods
}

// TestSleep: that policies sleep until they are needed changes nothing.
func TestSleep(t *testing.T) {
	t.Parallel()
	asleep, whole, mods := checkedLibrary(t)
	source := map[string][]byte{}
	for _, m := range mods {
		source[m.Path] = m.Source
	}
	catalog := asleep.Catalog()
	for i, p := range whole.Policies() {
		for _, typ := range p.Types {
			if !mentions(source[p.File], map[string]bool{typ: true}) {
				t.Errorf("%s does not mention %s", p.ID, typ)
			}
		}
		if len(p.Types) == 0 {
			t.Errorf("%s is about every type, and would sleep", p.ID)
		}
		p.Types, p.Attributes, p.Related, p.Guardrail = nil, nil, nil, false
		if !reflect.DeepEqual(p, catalog[i]) {
			t.Errorf("asleep %s is\n%+v, awake\n%+v", p.ID, catalog[i], p)
		}
	}
	if !reflect.DeepEqual(asleep.Policies(), whole.Policies()) {
		t.Error("the policies differ")
	}
	if !asleep.policies[0].asleep {
		t.Error("a policy is awake that nobody needs")
	}
	in, err := input.Load(t.Context(), "../../testdata/plans/shop/plan.json", nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, rs := range [][]*resource.Resource{in.Resources, in.Resources[:3], nil} {
		same(t, asleep, whole, rs)
	}
	some := Selection{Only: []string{"aws-s3-*"}}
	a, ds := asleep.Select(some)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	b, _ := whole.Select(some)
	same(t, a, b, in.Resources)
	if len(a.Policies()) != len(b.Policies()) {
		t.Error("a selection wakes others")
	}
}

// same compares what two engines find.
func same(t *testing.T, a, b *Engine, rs []*resource.Resource) {
	t.Helper()
	var texts [2]string
	for i, e := range []*Engine{a, b} {
		res, err := e.Check(context.Background(), resource.NewSet(rs))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] {
		t.Errorf("on %d resources the findings differ:\n%s\n%s", len(rs), texts[0], texts[1])
	}
}

// BenchmarkNewAsleep is the cost of starting with the library when no policy is
// needed.
func BenchmarkNewAsleep(b *testing.B) {
	_, _, mods := checkedLibrary(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ds := New(Options{Modules: mods}); ds.HasErrors() {
			b.Fatal(ds)
		}
	}
}
