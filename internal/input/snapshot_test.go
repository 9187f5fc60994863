package input

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// A snapshot says what it could not read; one that is not finished is refused.
func TestLoadSnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snap")
	w, err := snapshot.Create(dir, "parapet", snapshot.Request{Partition: "aws", Types: []string{"aws_ebs_volume", "aws_instance"}},
		map[string]snapshot.Type{"aws_ebs_volume": {Filled: []string{"size"}}})
	if err != nil {
		t.Fatal(err)
	}
	scope := snapshot.Scope{Account: "111122223333", Region: "eu-west-1", Type: "aws_ebs_volume"}
	if err := w.Put(snapshot.Entry{Scope: scope, Status: snapshot.Complete}, []*resource.Resource{{
		Type: "aws_ebs_volume", Address: "aws_ebs_volume.a", ID: "a", Filled: []string{"size"}, Values: map[string]any{"size": json.Number("8")},
	}}); err != nil {
		t.Fatal(err)
	}
	scope.Type = "aws_instance"
	if err := w.Put(snapshot.Entry{Scope: scope, Status: snapshot.DeniedBySCP, Detail: "explicit deny"}, nil); err != nil {
		t.Fatal(err)
	}
	var d diag.Diagnostic
	if _, err := Load(t.Context(), dir, nil, Options{}); !errors.As(err, &d) || d.Code != "snapshot-unfinished" {
		t.Errorf("unfinished: %v", err)
	}
	if _, err := w.Finish(nil, nil); err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), dir, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := resource.Scope{Type: "aws_instance", Account: "111122223333", Region: "eu-west-1", Status: "denied by SCP: explicit deny"}
	if len(got.Incomplete) != 1 || got.Incomplete[0] != want {
		t.Errorf("incomplete: %+v", got.Incomplete)
	}
	if r := got.Resources; len(r) != 1 || r[0].Origin != resource.OriginSnapshot || r[0].Region != "eu-west-1" || len(r[0].Filled) != 1 {
		t.Errorf("resources: %+v", r)
	}
	if got.Info.Kind != KindSnapshot || len(got.Collected) != 2 {
		t.Errorf("info: %+v", got)
	}
	for kind, at := range map[string]string{KindPlan: dir, KindSnapshot: filepath.Join(dir, "manifest.json")} {
		if _, err := Load(t.Context(), at, nil, Options{Kind: kind}); !errors.As(err, &d) || d.Code != "input-kind-mismatch" {
			t.Errorf("%s of %s: %v", kind, at, err)
		}
	}
}
