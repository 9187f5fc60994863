package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/golden"
)

// TestFormats writes the report of every archive in every format.
func TestFormats(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no reports: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a := golden.Open(t, filepath.ToSlash(file))
			var in struct {
				Inputs   []finding.Input
				Findings []finding.Finding
				Passed   int
			}
			if err := json.Unmarshal(a.Input("report.json"), &in); err != nil {
				t.Fatal(err)
			}
			r := finding.NewReport(finding.Tool{Name: "parapet", Version: "1.2.3"}, in.Inputs, in.Findings, in.Passed)
			r.Time = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
			writeAll(t, a, r)
		})
	}
}

// TestShared writes the report that has everything in every format.
func TestShared(t *testing.T) {
	t.Parallel()
	writeAll(t, golden.Open(t, "testdata/shared/shared.txtar"), shared())
}

// writeAll compares a report in every format with the archive.
func writeAll(t *testing.T, a *golden.Archive, r finding.Report) {
	t.Helper()
	for _, f := range Formats {
		var once, again bytes.Buffer
		if err := errors.Join(f.Write(&once, r), f.Write(&again, r)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once.Bytes(), again.Bytes()) {
			t.Errorf("%s is not the same twice", f.Name)
		}
		if !strings.HasSuffix(once.String(), "\n") {
			t.Errorf("%s does not end in a newline", f.Name)
		}
		a.Want("out/"+f.Name, bare(once.String()))
	}
	var color bytes.Buffer
	if err := (Table{Color: true}).Write(&color, r); err != nil {
		t.Fatal(err)
	}
	a.Want("out/color", strings.ReplaceAll(color.String(), "\x1b", "ESC"))
}

func TestLookup(t *testing.T) {
	t.Parallel()
	if f, err := Lookup("json"); err != nil || f.Name != "json" {
		t.Errorf("got %+v, %v", f, err)
	}
	if _, err := Lookup("tabel"); err == nil || !strings.Contains(err.Error(), "table, json") {
		t.Errorf("got %v", err)
	}
}

// bare leaves out of a page what is the same in every page.
func bare(out string) string {
	out = regexp.MustCompile(`(?s)(<style>|<script>).*?(</style>|</script>)`).ReplaceAllString(out, "$1…$2")
	return regexp.MustCompile(`sha256-[^ ;]*`).ReplaceAllString(out, "sha256-…")
}

// TestObserved: what a policy read is in the findings document, for the
// compiler. People are told what the policy says, and no more.
func TestObserved(t *testing.T) {
	t.Parallel()
	const value = "only-the-compiler-reads-this"
	r := shared()
	for i := range r.Findings {
		r.Findings[i].Observed = map[string]any{"password": value, value: 1}
	}
	for _, f := range Formats {
		var b bytes.Buffer
		if err := f.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), value) != (f.Name == "json") {
			t.Errorf("%s: the observed value is told, or should have been", f.Name)
		}
	}
}

// full fails like a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	for _, f := range Formats {
		if err := f.Write(full{}, finding.NewReport(finding.Tool{}, nil, nil, 0)); err == nil {
			t.Errorf("%s loses the error of its writer", f.Name)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	if got := clean("a\x1b[31m\nb\u202ec\u200bd é"); got != "a [31m b c d é" {
		t.Errorf("got %q", got)
	}
}
