package finding_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

func sample(policy, address string, s finding.Severity, status finding.Status) finding.Finding {
	return finding.Finding{
		Policy: policy, Title: "t", Severity: s, Status: status, Message: "m", Attributes: []string{"b", "a"},
		Observed: map[string]any{"a": nil}, Frameworks: map[string][]string{},
		Resource: finding.SubjectOf(&resource.Resource{Type: "aws_x", Address: address, Account: "111122223333", Origin: resource.OriginPlan}),
	}
}

// TestFingerprint: the fingerprint survives what does not matter and changes
// with what does.
func TestFingerprint(t *testing.T) {
	sign := func(change func(*finding.Finding)) string {
		f := sample("p", "aws_x.a", finding.High, finding.Violation)
		change(&f)
		f.Sign()
		return f.Fingerprint
	}
	first := sign(func(*finding.Finding) {})
	for name, change := range map[string]func(*finding.Finding){
		"message":         func(f *finding.Finding) { f.Message = "other words" },
		"line":            func(f *finding.Finding) { f.Resource.Source = &resource.Source{File: "main.tf", Line: 9} },
		"value":           func(f *finding.Finding) { f.Observed = map[string]any{"a": "x"} },
		"severity":        func(f *finding.Finding) { f.Severity = finding.Low },
		"attribute order": func(f *finding.Finding) { slices.Reverse(f.Attributes) },
	} {
		if sign(change) != first {
			t.Errorf("the fingerprint changes with the %s", name)
		}
	}
	for name, change := range map[string]func(*finding.Finding){
		"policy":    func(f *finding.Finding) { f.Policy = "q" },
		"address":   func(f *finding.Finding) { f.Resource.Address = "aws_x.b" },
		"attribute": func(f *finding.Finding) { f.Attributes = []string{"a"} },
		"account":   func(f *finding.Finding) { f.Resource.Account = nil },
	} {
		if sign(change) == first {
			t.Errorf("the fingerprint does not change with the %s", name)
		}
	}
}

func TestReport(t *testing.T) {
	fs := []finding.Finding{
		sample("z", "aws_x.a", finding.Low, finding.Violation),
		sample("b", "aws_x.b", finding.Critical, finding.Unknown),
		sample("b", "aws_x.a", finding.Critical, finding.Violation),
		sample("a", "aws_x.a", finding.High, finding.Exempt),
		sample("a", "aws_x.b", finding.High, finding.Error),
	}
	r := finding.NewReport(finding.Tool{Name: "parapet"}, nil, fs, 7)
	var order []string
	for _, f := range r.Findings {
		order = append(order, f.Policy+" "+f.Resource.Address)
		if f.Fingerprint == "" {
			t.Error("a finding is not signed")
		}
	}
	if want := []string{"b aws_x.a", "b aws_x.b", "a aws_x.a", "a aws_x.b", "z aws_x.a"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	want := finding.Summary{
		Violation: 2, Exempt: 1, Unknown: 1, Error: 1, Passed: 7,
		BySeverity: map[finding.Severity]int{finding.Critical: 1, finding.High: 0, finding.Medium: 0, finding.Low: 1},
	}
	if !reflect.DeepEqual(r.Summary, want) {
		t.Errorf("summary %+v, want %+v", r.Summary, want)
	}
	if empty := finding.NewReport(finding.Tool{}, nil, nil, 0); empty.Findings == nil {
		t.Error("no findings must be an empty list, not null")
	}
}

// TestRead: what a report is written as is read back the same.
func TestRead(t *testing.T) {
	r := finding.NewReport(finding.Tool{Name: "parapet", Version: "1"}, []finding.Input{{Path: "p", Kind: "plan"}},
		[]finding.Finding{sample("p", "aws_x.a", finding.High, finding.Violation)}, 1)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := finding.Read(text, "f.json")
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("read back %+v, %v; want %+v", back, err, r)
	}
	for text, ok := range map[string]bool{
		`{"schema":"parapet.findings/v1","findings":[]}`: true, `{"schema":"parapet.findings/v1","findings":null}`: false, `{"schema":"parapet.findings/v1"}`: false,
	} {
		if _, err := finding.Read([]byte(text), "f.json"); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "no list of findings") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"schema":      {finding.Schema, "parapet.findings/v9", "its schema is"},
		"status":      {`"violation","message"`, `"maybe","message"`, "status"},
		"severity":    {`"severity":"high"`, `"severity":"odd"`, "severity"},
		"fingerprint": {r.Findings[0].Fingerprint, "", "fingerprint"},
		"account":     {`"account":"111122223333"`, `"account":"../../etc"`, "finding 1 is of the account \"../../etc\", which is not 12 digits"},
		"no account":  {`"account":"111122223333"`, `"account":""`, "finding 1 is of the account \"\""},
		"tail":        {`"findings":[`, `"findings":[`, ""},
	} {
		changed := strings.Replace(string(text), tt.from, tt.to, 1)
		if name == "tail" {
			changed, tt.want = string(text)+"{}", "more follows"
		}
		if _, err := finding.Read([]byte(changed), "f.json"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, tt.want)
		}
	}
}

func TestSeverity(t *testing.T) {
	if _, err := finding.ParseSeverity("severe"); err == nil {
		t.Error("an unknown severity must be an error")
	}
	if s, err := finding.ParseSeverity("medium"); err != nil || !s.AtLeast(finding.Low) || s.AtLeast(finding.High) {
		t.Errorf("medium: %v %v", s, err)
	}
	if !finding.Severity("odd").AtLeast(finding.Critical) {
		t.Error("what is unknown must rank worst")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"schema":"parapet.findings/v1","findings":[]}`))
	f.Add([]byte(`{"schema":1`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := finding.Read(src, "f.json")
		if err == nil && r.Schema != finding.Schema {
			t.Errorf("accepted schema %q", r.Schema)
		}
	})
}
