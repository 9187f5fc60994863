package finding

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Read reads a findings document. What it does not know is an error, so that
// nothing of a newer version is lost in silence.
func Read(src []byte, file string) (Report, error) {
	var r Report
	fail := func(format string, args ...any) (Report, error) {
		return Report{}, diag.Errorf("findings-unreadable", "%s is not a findings document", file).
			WithDetail(format, args...).At(diag.Place{File: file}).
			WithHint("make one: parapet gate plan.json --format json=findings.json")
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line := 1 + bytes.Count(src[:min(int(syntax.Offset), len(src))], []byte("\n"))
			return fail("line %d: %v", line, err)
		}
		return fail("%v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail("more follows after the end of the document")
	}
	if r.Schema != Schema {
		return fail("its schema is %q; this version reads %s", r.Schema, Schema)
	}
	if r.Findings == nil {
		return fail("it holds no list of findings, which a document without findings has too")
	}
	for i, f := range r.Findings {
		if f.Policy == "" || f.Resource.Type == "" || f.Fingerprint == "" {
			return fail("finding %d lacks its policy, resource type or fingerprint", i+1)
		}
		// The account names a directory of compile, so that it must be nothing else.
		if a := f.Resource.Account; a != nil && !resource.IsAccount(*a) {
			return fail("finding %d is of the account %q, which is not 12 digits", i+1, *a)
		}
		if !slices.Contains([]Status{Violation, Exempt, Unknown, Error}, f.Status) {
			return fail("finding %d has the status %q", i+1, f.Status)
		}
		if f.Severity != "" && !slices.Contains(Severities, f.Severity) {
			return fail("finding %d has the severity %q", i+1, f.Severity)
		}
	}
	return r, nil
}

// Key identifies a finding among several documents.
func (f Finding) Key() string { return fmt.Sprintf("%s/%s", f.Fingerprint, f.Message) }
