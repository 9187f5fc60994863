package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// BaselineSchema names the version of the baseline file.
const BaselineSchema = "parapet.baseline/v1"

// Baseline is what was there before: findings that later runs let pass, so
// that only what is new fails. It holds identities and no values.
type Baseline struct {
	Schema   string          `json:"schema"`
	Findings []BaselineEntry `json:"findings"`
}

// BaselineEntry identifies a finding. The fingerprint decides; the rest is for
// people who review the file.
type BaselineEntry struct {
	Fingerprint string `json:"fingerprint"`
	Policy      string `json:"policy"`
	Address     string `json:"address"`
	Status      Status `json:"status"`
}

// ReadBaseline reads a baseline file, or takes the findings of a findings
// document for one.
func ReadBaseline(src []byte, file string) (*Baseline, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	_ = json.Unmarshal(src, &head) // what it cannot read, the strict readers tell
	if head.Schema == Schema {
		r, err := Read(src, file)
		if err != nil {
			return nil, err
		}
		return NewBaseline(r), nil
	}
	fail := func(format string, args ...any) (*Baseline, error) {
		return nil, diag.Errorf("baseline-unreadable", "%s is not a baseline", file).
			WithDetail(format, args...).At(diag.Place{File: file}).
			WithHint("make one: parapet gate plan.json --write-baseline baseline.json")
	}
	var b Baseline
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return fail("%v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail("more follows after the end of the document")
	}
	if b.Schema != BaselineSchema {
		return fail("its schema is %q; this version reads %s", b.Schema, BaselineSchema)
	}
	if b.Findings == nil {
		return fail("it holds no list of findings, which an empty baseline has too")
	}
	for i, e := range b.Findings {
		switch {
		case e.Fingerprint == "":
			return fail("finding %d has no fingerprint", i+1)
		case e.Status != Violation && e.Status != Unknown:
			return fail("finding %d has the status %q; a baseline holds violations and unknowns", i+1, e.Status)
		}
	}
	return &b, nil
}

// NewBaseline makes a baseline of a report: its violations, its unknowns and
// what an earlier baseline let pass. What other exceptions cover stays theirs,
// so that it fails when they end; errors are never let pass.
func NewBaseline(r Report) *Baseline {
	b := &Baseline{Schema: BaselineSchema, Findings: []BaselineEntry{}}
	for _, f := range r.Findings {
		status := f.Status
		if status == Exempt && f.Exemption != nil && f.Exemption.Kind == ByBaseline {
			status = Violation
		}
		if status == Violation || status == Unknown {
			b.Findings = append(b.Findings, BaselineEntry{f.Fingerprint, f.Policy, f.Resource.Address, status})
		}
	}
	slices.SortFunc(b.Findings, func(x, y BaselineEntry) int {
		return slices.Compare(
			[]string{x.Policy, x.Address, x.Fingerprint, string(x.Status)},
			[]string{y.Policy, y.Address, y.Fingerprint, string(y.Status)})
	})
	b.Findings = slices.Compact(b.Findings)
	return b
}

// Write writes the baseline: a finding a line, so that reviews and merges see
// findings, not columns.
func (b *Baseline) Write(w io.Writer) error {
	var out strings.Builder
	out.WriteString("{\n  \"schema\": \"" + BaselineSchema + "\",\n  \"findings\": [")
	for i, e := range b.Findings {
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil {
			return err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    " + strings.TrimSuffix(line.String(), "\n"))
	}
	if len(b.Findings) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteString("]\n}\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// ExceptionBaseline stands in Finding.Exception for a violation that a
// baseline lets pass.
const ExceptionBaseline = "baseline"

// Apply signs the findings and marks those that the baseline holds: a violation
// becomes exempt, and so does an unknown. What was accepted as unknown and is
// now a violation for certain is new.
func (b *Baseline) Apply(findings []Finding) {
	type key struct {
		fingerprint string
		status      Status
	}
	known := make(map[key]bool, len(b.Findings))
	for _, e := range b.Findings {
		known[key{e.Fingerprint, e.Status}] = true
		if e.Status == Violation {
			known[key{e.Fingerprint, Unknown}] = true
		}
	}
	for i := range findings {
		f := &findings[i]
		f.Sign()
		if known[key{f.Fingerprint, f.Status}] {
			id := ExceptionBaseline
			f.Status, f.Exception, f.Exemption = Exempt, &id, &Exemption{Kind: ByBaseline, Reason: "it was there before"}
		}
	}
}

// Gone returns the entries that the findings do not have any more.
func (b *Baseline) Gone(findings []Finding) []BaselineEntry {
	there := make(map[string]bool, len(findings))
	for _, f := range findings {
		there[f.Fingerprint] = true
	}
	var gone []BaselineEntry
	for _, e := range b.Findings {
		if !there[e.Fingerprint] {
			gone = append(gone, e)
		}
	}
	return gone
}
