package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder is a test whose failures are read instead of reported.
type recorder struct {
	testing.TB // for what is not recorded; panics when used
	errors     []string
	cleanups   []func()
}

func (r *recorder) Helper()                   {}
func (r *recorder) Failed() bool              { return len(r.errors) > 0 }
func (r *recorder) Cleanup(f func())          { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(f string, a ...any) { r.errors = append(r.errors, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); panic(r) }
func (r *recorder) Fatal(a ...any)            { r.errors = append(r.errors, fmt.Sprint(a...)); panic(r) }

// record runs f as a test and returns its failures.
func record(f func(testing.TB)) []string {
	r := &recorder{}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(r) {
				panic(p)
			}
		}()
		f(r)
	}()
	for _, c := range r.cleanups {
		c()
	}
	return r.errors
}

// updating runs f as under -update.
func updating(t *testing.T, f func()) {
	t.Helper()
	old := *update
	*update = true
	defer func() { *update = old }()
	f()
}

const archive = "A case.\n-- in.txt --\nhello\n-- out/upper --\nHELLO\n-- out/length --\n6\n"

func stages(path, upper string, all bool) func(testing.TB) {
	return func(t testing.TB) {
		a := Open(t, path)
		if in := string(a.Input("in.txt")); in != "hello\n" {
			t.Fatalf("input %q", in)
		}
		a.Want("out/upper", upper)
		if all {
			a.Want("out/length", "6")
		}
	}
}

func TestArchive(t *testing.T) {
	if *update {
		t.Skip("the cases set -update themselves")
	}
	path := filepath.Join(t.TempDir(), "case.txtar")
	if err := os.WriteFile(path, []byte(archive), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		run  func(testing.TB)
		want []string // a piece of each failure, in order
	}{
		{"equal", stages(path, "HELLO", true), nil},
		{"different", stages(path, "HELO", true), []string{"-HELLO\n+HELO"}},
		{"not produced", stages(path, "HELLO", false), []string{"nothing produced out/length"}},
		{"not recorded", func(t testing.TB) {
			stages(path, "HELLO", true)(t)
			Open(t, path).Want("out/new", "x")
		}, []string{"has no section out/new", "nothing produced out/upper", "nothing produced out/length"}},
		{"not called out/", func(t testing.TB) { Open(t, path).Want("upper", "x") }, []string{"must be called out/", "nothing produced", "nothing produced"}},
		{"no such input", func(t testing.TB) { Open(t, path).Input("other") }, []string{"has no section other", "nothing produced", "nothing produced"}},
		{"no such file", func(t testing.TB) { Open(t, path+"x") }, []string{"case.txtarx"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := record(tt.run)
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for i, w := range tt.want {
				if !strings.Contains(got[i], w) {
					t.Errorf("failure %d is %q, want %q in it", i, got[i], w)
				}
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "case.txtar")
	if err := os.WriteFile(path, []byte(archive), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "new", "file")
	updating(t, func() {
		if errs := record(stages(path, "HALLO", false)); errs != nil {
			t.Error(errs)
		}
		if errs := record(func(t testing.TB) { File(t, file, []byte("a\n")) }); errs != nil {
			t.Error(errs)
		}
	})
	got, err := os.ReadFile(path)
	if want := "A case.\n-- in.txt --\nhello\n-- out/upper --\nHALLO\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if *update {
		return
	}
	if errs := record(func(t testing.TB) { File(t, file, []byte("a\n")) }); errs != nil {
		t.Error(errs)
	}
	if errs := record(func(t testing.TB) { File(t, file, []byte("b\n")) }); len(errs) != 1 {
		t.Errorf("got %q, want one failure", errs)
	}
	if errs := record(func(t testing.TB) { File(t, file+"x", nil) }); len(errs) != 1 {
		t.Errorf("got %q, want one failure", errs)
	}
}
