package collect

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// TestTable holds the rows to what a newcomer is told of them.
func TestTable(t *testing.T) {
	rows, reference := Types(), iamdata.Load()
	standsFor := map[string]string{}
	for i, row := range rows {
		if i > 0 && rows[i-1].Name >= row.Name {
			t.Errorf("%s is out of order, or twice", row.Name)
		}
		if row.Collect == nil || row.Service == "" || len(row.Actions) == 0 || len(row.Filled) == 0 {
			t.Errorf("%s: the row is not whole", row.Name)
		}
		for name, list := range map[string][]string{
			"Filled": row.Filled, "ConfigOnly": row.ConfigOnly, "Overlap": row.Overlap, "Volatile": row.Volatile,
		} {
			if !slices.IsSorted(list) {
				t.Errorf("%s: %s is not sorted", row.Name, name)
			}
		}
		for _, other := range row.StandsFor {
			if by := standsFor[other]; by != "" {
				t.Errorf("%s and %s stand for %s", by, row.Name, other)
			}
			standsFor[other] = row.Name
		}
		for _, action := range row.Actions {
			a, ok := reference.Action(action)
			switch {
			case !ok:
				t.Errorf("%s: no action %s", row.Name, action)
			case a.String() != action:
				t.Errorf("%s: %s is written %s", row.Name, action, a)
			case a.Access != iamdata.Read && a.Access != iamdata.List:
				t.Errorf("%s: %s does not only read", row.Name, action)
			}
		}
	}
	for _, row := range rows {
		if by := standsFor[row.Name]; by != "" {
			t.Errorf("%s stands for %s, which has a row", by, row.Name)
		}
	}
}
