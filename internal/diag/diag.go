// Package diag holds the diagnostics that users read: what is wrong, where,
// and how to mend it. It prints nothing by itself except through [Writer], and
// it knows nothing of the rest of Parapet.
//
// The shape follows HCL's diagnostics: a short summary, a detail in full
// sentences, a place, and hints. A code names the kind of problem and never
// changes, so that scripts and documentation can refer to it.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a diagnostic stops the run.
type Severity int

// Severities, worst first.
const (
	Error   Severity = iota // the run, or the part that is named, failed
	Warning                 // the run goes on, but the result may surprise
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Place is a position in a source. Line and Column count from 1; zero means
// unknown.
type Place struct {
	File   string
	Line   int
	Column int
}

// String returns file:line:column, without the parts that are unknown.
func (p Place) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Diagnostic is one problem, told to a user.
type Diagnostic struct {
	Code     string   // stable, lower case with dashes: "plan-truncated"
	Severity Severity // whether the run can go on
	Summary  string   // one line, no final period
	Detail   string   // what was seen and why it matters; may be empty
	Subject  Place    // where; the zero Place when there is no source
	Hints    []string // how to mend it
}

// Error makes a Diagnostic an error: place, summary and detail on one line.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if d.Subject.File != "" {
		b.WriteString(d.Subject.String())
		b.WriteString(": ")
	}
	b.WriteString(d.Summary)
	if d.Detail != "" {
		b.WriteString(": ")
		b.WriteString(d.Detail)
	}
	return b.String()
}

// Errorf returns an error diagnostic with a formatted summary.
func Errorf(code, format string, args ...any) Diagnostic {
	return Diagnostic{Code: code, Summary: fmt.Sprintf(format, args...)}
}

// Warningf returns a warning diagnostic with a formatted summary.
func Warningf(code, format string, args ...any) Diagnostic {
	return Diagnostic{Code: code, Severity: Warning, Summary: fmt.Sprintf(format, args...)}
}

// At returns d with its place set.
func (d Diagnostic) At(p Place) Diagnostic { d.Subject = p; return d }

// WithDetail returns d with a formatted detail.
func (d Diagnostic) WithDetail(format string, args ...any) Diagnostic {
	d.Detail = fmt.Sprintf(format, args...)
	return d
}

// WithHint returns d with one more hint.
func (d Diagnostic) WithHint(format string, args ...any) Diagnostic {
	d.Hints = append(slices.Clip(d.Hints), fmt.Sprintf(format, args...))
	return d
}

// Diagnostics is a list of problems. As an error it joins them.
type Diagnostics []Diagnostic

// HasErrors reports whether any diagnostic is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err returns the list as an error when it holds at least one error, else nil.
func (ds Diagnostics) Err() error {
	if !ds.HasErrors() {
		return nil
	}
	return ds
}

// Error joins the messages, one a line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the list by place, then severity, code and summary, so that
// output does not depend on the order of work.
func (ds Diagnostics) Sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Subject.File, b.Subject.File),
			cmp.Compare(a.Subject.Line, b.Subject.Line),
			cmp.Compare(a.Subject.Column, b.Subject.Column),
			cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Summary, b.Summary),
		)
	})
}

// From turns any error into diagnostics: those that it carries, or one with
// the given code and the error's text.
func From(code string, err error) Diagnostics {
	if err == nil {
		return nil
	}
	if ds, ok := errors.AsType[Diagnostics](err); ok {
		return ds
	}
	if d, ok := errors.AsType[Diagnostic](err); ok {
		return Diagnostics{d}
	}
	return Diagnostics{{Code: code, Summary: err.Error()}}
}
