package lint_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/lint"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// TestCheck prints the warnings of the archives' policies.
func TestCheck(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a := golden.Open(t, filepath.ToSlash(file))
			src := a.Input("policy.json")
			p, places, ds := iam.ParsePlaces(src, "policy.json", iam.ProfileAny)
			if strings.HasSuffix(file, "resources.txtar") { // names of the services' own
				p, places, ds = iam.ParsePlaces(src, "policy.json", iam.ProfileResource)
			}
			if p == nil {
				t.Fatal(ds)
			}
			var b bytes.Buffer
			if err := (diag.Writer{Out: &b}).Write(lint.Check(*p, places, iamdata.Load())...); err != nil {
				t.Fatal(err)
			}
			a.Want("out/warnings", b.String())
			if bare := lint.Check(*p, iam.Places{}, iamdata.Load()); len(bare) != strings.Count(b.String(), "warning[") {
				t.Errorf("%d warnings without places", len(bare))
			}
		})
	}
}
