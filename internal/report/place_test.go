package report

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

func TestURI(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"modules/app/main.tf": "modules/app/main.tf",
		"./main.tf":           "main.tf",
		"a b/ü#?.tf":          "a%20b/%C3%BC%23%3F.tf",
		"a:b/c.tf":            "./a:b/c.tf",
		"/work/main.tf":       "file:///work/main.tf",
		"C:/work/main.tf":     "file:///C:/work/main.tf",
		"//host/share/a.tf":   "file://host/share/a.tf",
		"../up.tf":            "../up.tf",
	} {
		if got := uri(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	inputs := []finding.Input{{Path: "a.tfstate", Kind: "state"}, {Path: `x\plan.json`, Kind: "plan"}}
	with := func(o resource.Origin, s *resource.Source) finding.Finding {
		return finding.Finding{Resource: finding.Subject{Origin: o, Source: s}}
	}
	for _, c := range []struct {
		f      finding.Finding
		inputs []finding.Input
		want   string
	}{
		{with("plan", nil), inputs, "x/plan.json"},
		{with("state", nil), inputs, "a.tfstate"},
		{with("snapshot", nil), inputs, "a.tfstate"},
		{with("plan", nil), nil, ""},
		{with("plan", nil), []finding.Input{{Path: "<stdin>", Kind: "plan"}}, ""},
		{with("config", nil), []finding.Input{{Path: ".", Kind: "config"}}, ""},
		{with("plan", &resource.Source{File: "m.tf", Line: 3}), inputs, "m.tf:3"},
		{with("plan", &resource.Source{File: "m.tf"}), inputs, "m.tf"},
		{
			with("plan", &resource.Source{File: "m/m.tf", Line: 3, Modules: []resource.ModuleCall{{Name: "a", File: `.\main.tf`, Line: 1}, {Name: "b", File: "a/a.tf", Line: 2}}}),
			inputs, "m/m.tf:3 via module.a (./main.tf:1), module.b (a/a.tf:2)",
		},
	} {
		if got := placeOf(c.f, c.inputs).String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	source := &resource.Source{File: "/work/app/m/main.tf", Modules: []resource.ModuleCall{{File: "/work/app/main.tf"}, {File: "/elsewhere/x.tf"}}}
	r := finding.NewReport(finding.Tool{}, []finding.Input{{Path: "/work/app/plan.json"}, {Path: "/work/application/plan.json"}},
		[]finding.Finding{{Resource: finding.Subject{Source: source}}, {}}, 0)
	for _, dir := range []string{"/work/app", "/work/app/"} {
		got := Relative(r, dir)
		s := got.Findings[0].Resource.Source
		if s == nil {
			s = got.Findings[1].Resource.Source
		}
		if s.File != "m/main.tf" || s.Modules[0].File != "main.tf" || s.Modules[1].File != "/elsewhere/x.tf" {
			t.Errorf("source is %+v", s)
		}
		if got.Inputs[0].Path != "plan.json" || got.Inputs[1].Path != "/work/application/plan.json" {
			t.Errorf("inputs are %+v", got.Inputs)
		}
	}
	if source.File != "/work/app/m/main.tf" || source.Modules[0].File != "/work/app/main.tf" {
		t.Error("the report that was given is changed")
	}
	if got := Relative(r, "."); got.Inputs[0].Path != "/work/app/plan.json" {
		t.Error("a directory that is not absolute has an effect")
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	lines := make([]string, 40)
	f := finding.Finding{Snippet: &finding.Snippet{Start: 101, Lines: lines}}
	for _, c := range []struct{ line, first, last int }{{101, 101, 115}, {120, 113, 127}, {140, 126, 140}, {7, 101, 115}, {999, 126, 140}} {
		f.Resource.Source = &resource.Source{File: "m.tf", Line: c.line}
		got := code(f)
		if len(got) != maxCodeLines || got[0].Number != c.first || got[len(got)-1].Number != c.last {
			t.Errorf("around %d: %d lines from %d", c.line, len(got), got[0].Number)
		}
	}
	f.Snippet = &finding.Snippet{Start: 9, Lines: []string{"a", "\tb\r", "\x1b[31m"}}
	f.Resource.Source.Line = 10
	got := codeText(code(f))
	for i, want := range []string{"   9 | a", "> 10 |   b", "  11 |  [31m"} {
		if got[i] != want {
			t.Errorf("%q, want %q", got[i], want)
		}
	}
}
