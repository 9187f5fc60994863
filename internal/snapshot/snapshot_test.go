package snapshot

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

var (
	request = Request{Partition: "aws", Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}, Types: []string{"aws_a", "aws_b", "aws_c"}}
	types   = map[string]Type{"aws_a": {Filled: []string{"x"}}, "aws_b": {Filled: []string{"y"}}}
)

const tool = "parapet 1"

// put is one call of Put.
type put struct {
	scope     Scope
	status    Status
	detail    string
	resources []*resource.Resource
	gaps      []Gap
}

func bucket(id string) *resource.Resource {
	filled := []string{"x"}
	if id == "one" { // whose attribute could not be read
		filled = []string{}
	}
	return &resource.Resource{
		Type: "aws_a", Name: id, Address: "aws_a." + id, ID: id, ARN: "arn:aws:a:::" + id,
		Account: "111122223333", Region: "eu-west-1", Partition: "aws", Origin: resource.OriginSnapshot,
		Values:    map[string]any{"x": json.Number("12345678901234567890"), "list": []any{"<&>", true}},
		Sensitive: map[string]any{"x": true}, Filled: filled, Unread: []string{"aws_b"},
	}
}

var puts = []put{
	{Scope{"111122223333", "eu-west-1", "aws_a"}, Complete, "", []*resource.Resource{bucket("one"), bucket("two")}, nil},
	{Scope{"111122223333", "eu-west-1", "aws_b"}, Complete, "", nil, []Gap{{Type: "aws_a", ID: "two", Related: "aws_b", Status: DeniedByIAM}, {Type: "aws_a", ID: "two", Related: "aws_d", Status: DeniedByIAM}}},
	{Scope{"111122223333", "eu-west-1", "aws_c"}, DeniedBySCP, "explicit deny", nil, nil},
	{Scope{"111122223333", "", "aws_a"}, Throttled, "on page 2", []*resource.Resource{bucket("three")}, nil},
}

func write(t *testing.T, w *Writer, list []put) {
	t.Helper()
	for _, p := range list {
		if err := w.Put(Entry{Scope: p.scope, Status: p.status, Detail: p.detail, Gaps: p.gaps}, p.resources); err != nil {
			t.Fatal(err)
		}
	}
}

func finish(t *testing.T, w *Writer) Manifest {
	t.Helper()
	m, err := w.Finish([]string{"a note"}, map[string]int{"calls": rand.Int()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func create(t *testing.T, dir string) *Writer {
	t.Helper()
	w, err := Create(dir, tool, request, types)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func code(err error) string {
	d, _ := errors.AsType[diag.Diagnostic](err)
	return d.Code
}

// content is the files of a snapshot that make its content.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == runFile {
			return err
		}
		src, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What was put is read again, and nothing else.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snap")
	w := create(t, dir)
	write(t, w, puts)
	if !Is(dir) {
		t.Error("an unfinished snapshot is not told")
	}
	if _, _, err := Open(dir); code(err) != "snapshot-unfinished" {
		t.Errorf("unfinished: %v", err)
	}
	finish(t, w)
	m, sum, err := Open(dir)
	if err != nil || len(sum) != 64 || !Is(dir) {
		t.Fatal(err, sum)
	}
	got, err := Read(t.Context(), dir, m)
	if err != nil {
		t.Fatal(err)
	}
	global := bucket("three")
	global.Region = ""
	two := bucket("two")
	two.Unread = append(two.Unread, "aws_d")
	if want := []*resource.Resource{global, bucket("one"), two}; !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
	if inc := m.Incomplete(); len(inc) != 2 || inc[0].Status != Throttled || inc[1].Detail != "explicit deny" {
		t.Errorf("incomplete: %+v", inc)
	}
}

// The content does not depend on the order, on interruptions or on what an
// interruption cut.
func TestSameContent(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "snap")
	w := create(t, plain)
	write(t, w, puts)
	finish(t, w)
	want := content(t, plain)
	for cut := range len(puts) + 1 {
		for _, lost := range []int{0, 1, 30} { // bytes of the journal that a kill lost
			dir := filepath.Join(t.TempDir(), "snap")
			w := create(t, dir)
			shuffled := append([]put{}, puts...)
			rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			write(t, w, shuffled[:cut])
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			journal := filepath.Join(dir, journalFile)
			src, _ := os.ReadFile(journal)
			if err := os.WriteFile(journal, src[:len(src)-lost], 0o600); err != nil {
				t.Fatal(err)
			}
			w, err := Resume(dir, tool, request, types)
			if err != nil {
				t.Fatal(err)
			}
			if min := cut - lost; w.Resumed() < min || w.Resumed() > cut {
				t.Errorf("resumed with %d scopes of %d", w.Resumed(), cut)
			}
			for _, p := range shuffled {
				if !w.Done(p.scope) {
					write(t, w, []put{p})
				}
			}
			finish(t, w)
			if got := content(t, dir); !reflect.DeepEqual(got, want) {
				t.Fatalf("cut at %d and %d bytes: %v", cut, lost, got)
			}
		}
	}
}

// What is not what it says is refused.
func TestRefused(t *testing.T) {
	made := func(t *testing.T) (string, Manifest) {
		dir := filepath.Join(t.TempDir(), "snap")
		w := create(t, dir)
		write(t, w, puts)
		return dir, finish(t, w)
	}
	shard := func(dir string, m Manifest) string {
		return filepath.Join(dir, shardDir, m.Scopes[0].Shard+shardSuffix)
	}
	damage := map[string]func(dir string, m Manifest) error{
		"missing": func(dir string, m Manifest) error { return os.Remove(shard(dir, m)) },
		"cut": func(dir string, m Manifest) error {
			src, _ := os.ReadFile(shard(dir, m))
			return os.WriteFile(shard(dir, m), src[:len(src)-9], 0o600)
		},
		"changed": func(dir string, m Manifest) error {
			return os.WriteFile(shard(dir, m), pack([]byte(`{"address":"aws_a.other","values":{}}`+"\n")), 0o600)
		},
		"not compressed": func(dir string, m Manifest) error { return os.WriteFile(shard(dir, m), []byte("{}"), 0o600) },
	}
	for name, do := range damage {
		dir, m := made(t)
		if err := do(dir, m); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(t.Context(), dir, m); code(err) != "snapshot-damaged" {
			t.Errorf("%s: %v", name, err)
		}
	}
	edits := []struct{ old, with, want string }{
		{`"parapet.snapshot/v1"`, `"parapet.snapshot/v9"`, "its schema"},
		{`"status": "complete"`, `"status": "fine"`, `the status "fine"`},
		{`"account": "111122223333"`, `"account": "../.."`, "lacks its type or account"},
		{`"region": "eu-west-1"`, `"region": "../x"`, "the Region"},
		{`"resources": 2`, `"resources": 0`, "has 0 resources"},
		{`"scopes"`, `"scopps"`, "unknown field"},
	}
	for _, e := range edits {
		dir, _ := made(t)
		path := filepath.Join(dir, manifestFile)
		src, _ := os.ReadFile(path)
		if !strings.Contains(string(src), e.old) {
			t.Fatalf("no %s", e.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(src), e.old, e.with, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Open(dir); err == nil || !strings.Contains(err.Error(), e.want) {
			t.Errorf("%s: %v", e.with, err)
		}
	}
	dir, _ := made(t)
	for name, open := range map[string]func(string, string, Request, map[string]Type) (*Writer, error){"create": Create, "resume": Resume} {
		if _, err := open(dir, tool, request, types); err == nil {
			t.Errorf("%s over a finished snapshot", name)
		}
	}
	dir = filepath.Join(t.TempDir(), "snap")
	if err := create(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	other := request
	other.Regions = []string{"us-east-1"}
	for want, resume := range map[string]func() (*Writer, error){
		"snapshot-exists":  func() (*Writer, error) { return Create(dir, tool, request, types) },
		"snapshot-request": func() (*Writer, error) { return Resume(dir, tool, other, types) },
		"snapshot-version": func() (*Writer, error) { return Resume(dir, "parapet 2", request, types) },
	} {
		if _, err := resume(); code(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}
