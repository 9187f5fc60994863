package snapshot

import (
	"path/filepath"
	"reflect"
	"testing"
)

// TestBegun: an unfinished snapshot tells how it was begun, however often it was
// interrupted; what it tells is no part of the content.
func TestBegun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snap")
	if r, flags, err := Begun(dir); err != nil || flags != nil || len(r.Types) > 0 {
		t.Errorf("nothing there: %v %v %v", r, flags, err)
	}
	want := map[string][]string{"endpoint": {"http://127.0.0.1:5000"}, "regions": {"eu-west-1", "us-east-1"}}
	w := create(t, dir)
	if err := w.Remember(want); err != nil {
		t.Fatal(err)
	}
	for i := range puts {
		write(t, w, puts[i:i+1])
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, flags, err := Begun(dir)
		if err != nil || !reflect.DeepEqual(flags, want) || !reflect.DeepEqual(r, request) {
			t.Fatalf("after %d scopes: %v %v %v", i+1, r, flags, err)
		}
		if w, err = Resume(dir, tool, request, types); err != nil {
			t.Fatal(err)
		}
		if err := w.Remember(map[string][]string{"endpoint": {"other"}}); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, w)
	if _, _, err := Begun(dir); code(err) != "snapshot-finished" {
		t.Errorf("finished: %v", err)
	}
	plain := filepath.Join(t.TempDir(), "snap")
	w = create(t, plain)
	write(t, w, puts)
	finish(t, w)
	if !reflect.DeepEqual(content(t, dir), content(t, plain)) {
		t.Error("the flags changed the content")
	}
}
