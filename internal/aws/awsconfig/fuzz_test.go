package awsconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// FuzzRead holds that no file makes an import panic, that every scope ends or the
// import fails, that what is read twice is the same, and that nothing is filled
// that the type does not list.
func FuzzRead(f *testing.F) {
	src, err := os.ReadFile(sample)
	if err != nil {
		f.Fatal(err)
	}
	var items struct{ ConfigurationItems []json.RawMessage }
	if err := json.Unmarshal(src, &items); err != nil {
		f.Fatal(err)
	}
	for _, it := range items.ConfigurationItems {
		f.Add([]byte(`{"configurationItems":[` + string(it) + `]}`))
	}
	f.Add([]byte("\x1f\x8b"))
	types := Types()
	f.Fuzz(func(t *testing.T, src []byte) {
		run := func() (string, error) {
			g := newGathering(File{Path: "f", Account: account, Region: "eu-west-1"}, "aws", types)
			if err := readItems(t.Context(), "f", bytes.NewReader(src), g.take); err != nil {
				return "", err
			}
			var b strings.Builder
			for _, row := range types {
				o := g.outcome(row)
				text, err := json.Marshal(o)
				if err != nil {
					t.Fatal(err)
				}
				b.Write(text)
				if o.Status != aws.Complete && o.Detail == "" {
					t.Errorf("%s is %s and does not say why", row.Name, o.Status)
				}
				for _, r := range o.Resources {
					checkFilled(t, row, r)
				}
			}
			return b.String(), nil
		}
		first, err := run()
		if err != nil {
			if _, ok := errors.AsType[diag.Diagnostic](err); !ok {
				t.Errorf("%v is no diagnostic", err)
			}
			return
		}
		if again, err := run(); err != nil || again != first {
			t.Errorf("the second time: %v\n%s\n%s", err, first, again)
		}
	})
}

func checkFilled(t *testing.T, row Type, r *resource.Resource) {
	t.Helper()
	listed := map[string]bool{"id": true, "tags_all": true}
	for _, p := range row.Filled {
		listed[topOf(p)] = true
	}
	known := map[string]bool{}
	for _, p := range r.Filled {
		known[topOf(p)] = true
		if !listed[topOf(p)] {
			t.Errorf("%s: %s is filled and not listed", row.Name, p)
		}
	}
	for name := range r.Values {
		if !known[name] {
			t.Errorf("%s: %s has a value and is not filled", row.Name, name)
		}
	}
}
