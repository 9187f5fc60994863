package input

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

func TestDump(t *testing.T) {
	res, err := Load(t.Context(), "../../testdata/plans/shop/plan.json", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := resource.NewSet(res.Resources)
	for _, r := range s.All() {
		t.Logf("%s %s %s %v", r.Address, r.Account, r.Region, r.Refs)
		for _, o := range s.Related(r) {
			t.Logf("      ~ %s", o.Address)
		}
	}
	t.Logf("%+v %v", res.Info, res.Warnings)
}
