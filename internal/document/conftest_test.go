package document_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/document"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/golden"
	"github.com/parapet-dev/parapet/internal/input"
)

// conftestCases holds policies as teams write them for conftest, and what
// conftest says of a plan.
const conftestCases = "../../testdata/conftest"

// conftestCase is a case.json: how policies are evaluated.
type conftestCase struct {
	V0         bool     `json:"v0"`
	Namespaces []string `json:"namespaces"`
	Data       []string `json:"data"`
	Errors     []string `json:"errors"` // what fails here, and conftest passes over
}

// said is what was said in one namespace.
type said struct {
	Namespace  string   `json:"namespace"`
	Passed     int      `json:"passed"`
	Failures   []string `json:"failures"`
	Warnings   []string `json:"warnings"`
	Exceptions []string `json:"exceptions"` // names of exempt rules
}

// TestConftest compares with conftest: the failures, the warnings, what is
// exempt and how much passed. What conftest says is on record in want.json.
// Where conftest is on the PATH, the record is compared with it, and -update
// writes it anew.
func TestConftest(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(filepath.Join(conftestCases, "*", "want.json"))
	if golden.Update() {
		dirs, err = filepath.Glob(filepath.Join(conftestCases, "*", "policy"))
	}
	if err != nil || len(dirs) < 10 {
		t.Fatalf("%d cases, %v", len(dirs), err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var c conftestCase
			if b, err := os.ReadFile(filepath.Join(dir, "case.json")); err == nil {
				if err := json.Unmarshal(b, &c); err != nil {
					t.Fatal(err)
				}
			}
			record := filepath.ToSlash(filepath.Join(dir, "want.json"))
			if path, err := exec.LookPath("conftest"); err == nil {
				golden.File(t, record, lines(t, conftest(t, path, dir, c)))
			}
			want, err := os.ReadFile(filepath.FromSlash(record))
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(t, parapet(t, dir, c)); !bytes.Equal(got, want) {
				t.Errorf("conftest says\n%s\nparapet says\n%s", want, got)
			}
		})
	}
}

// conftest asks the program itself.
func conftest(t *testing.T, path, dir string, c conftestCase) []said {
	t.Helper()
	args := []string{"test", "../plan.json", "-p", "policy", "-o", "json"}
	for _, ns := range c.Namespaces {
		args = append(args, "-n", ns)
	}
	if len(c.Namespaces) == 0 {
		args = append(args, "--all-namespaces")
	}
	for _, d := range c.Data {
		args = append(args, "-d", d)
	}
	if c.V0 {
		args = append(args, "--rego-version", "v0")
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || len(out) == 0) {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	type message struct {
		Msg string `json:"msg"`
	}
	var results []struct {
		Namespace                      string
		Successes                      int
		Failures, Warnings, Exceptions []message
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	texts := func(list []message) []string {
		out := []string{}
		for _, m := range list {
			out = append(out, m.Msg)
		}
		return out
	}
	var list []said
	for _, r := range results {
		s := said{Namespace: r.Namespace, Passed: r.Successes, Failures: texts(r.Failures), Warnings: texts(r.Warnings)}
		for _, q := range texts(r.Exceptions) {
			_, name, _ := strings.Cut(q, " == ")
			s.Exceptions = append(s.Exceptions, strings.Trim(name, `"`))
		}
		list = append(list, s)
	}
	return list
}

// parapet evaluates the case here, one namespace after another, since conftest
// counts for each what passed.
func parapet(t *testing.T, dir string, c conftestCase) []said {
	t.Helper()
	mods, err := engine.ReadModules(os.DirFS(filepath.Join(dir, "policy")), "policy")
	if err != nil {
		t.Fatal(err)
	}
	mods = document.Split(mods).Document
	var paths []string
	for _, d := range c.Data {
		paths = append(paths, filepath.Join(dir, d))
	}
	data, err := document.LoadData(paths)
	if err != nil {
		t.Fatal(err)
	}
	o := document.Options{Modules: mods, V0: c.V0, Namespaces: c.Namespaces, Data: data}
	all, ds := document.New(o)
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	var namespaces []string
	for _, p := range all.Policies() {
		namespaces = append(namespaces, p.ID[:strings.LastIndex(p.ID, ".")])
	}
	var list []said
	var failed []string
	for _, ns := range slices.Compact(namespaces) {
		p := all.Filter(func(p finding.Policy) bool { return p.ID[:strings.LastIndex(p.ID, ".")] == ns })
		in, err := input.Load(context.Background(), filepath.Join(dir, "..", "plan.json"), nil,
			input.Options{Document: p.Projection(), OnlyDocument: true})
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.Check(context.Background(), in.Document, document.File{Name: "plan.json"})
		if err != nil {
			t.Fatal(err)
		}
		s := said{Namespace: ns, Passed: res.Passed}
		for _, f := range res.Findings {
			switch {
			case f.Status == finding.Exempt:
				s.Exceptions = append(s.Exceptions, suffix(f.Policy))
			case f.Status != finding.Violation:
				failed = append(failed, f.Policy+": "+f.Message)
			case f.Severity == finding.Info:
				s.Warnings = append(s.Warnings, f.Message)
			default:
				s.Failures = append(s.Failures, f.Message)
			}
		}
		list = append(list, s)
	}
	if !slices.Equal(failed, c.Errors) {
		t.Errorf("errors are %q, want %q", failed, c.Errors)
	}
	return list
}

// suffix is the name by which conftest exempts a rule.
func suffix(id string) string {
	name := id[strings.LastIndex(id, ".")+1:]
	if _, s, ok := strings.Cut(name, "_"); ok {
		return s
	}
	return ""
}

// lines writes what was said in an order of its own: conftest's depends on maps.
func lines(t *testing.T, list []said) []byte {
	t.Helper()
	for i := range list {
		for _, texts := range []*[]string{&list[i].Failures, &list[i].Warnings, &list[i].Exceptions} {
			if *texts == nil {
				*texts = []string{}
			}
			slices.Sort(*texts)
		}
		list[i].Exceptions = slices.Compact(list[i].Exceptions)
	}
	slices.SortFunc(list, func(a, b said) int { return strings.Compare(a.Namespace, b.Namespace) })
	list = slices.DeleteFunc(list, func(s said) bool { // packages without rules
		return s.Passed == 0 && len(s.Failures)+len(s.Warnings)+len(s.Exceptions) == 0
	})
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
