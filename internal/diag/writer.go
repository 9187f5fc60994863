package diag

import (
	"fmt"
	"io"
	"strings"
)

// Writer prints diagnostics as text.
type Writer struct {
	Out     io.Writer
	Color   bool                             // ANSI colours
	Sources func(file string) ([]byte, bool) // text of a file for the snippet; may be nil
}

// Write prints every diagnostic:
//
//	error[plan-truncated]: the plan ends in the middle of a value
//	  at plan.json:120
//	  120 | …
//	  The file was cut at 200000 bytes…
//	  hint: run terraform show -json again
func (w Writer) Write(ds ...Diagnostic) error {
	var b strings.Builder
	for _, d := range ds {
		w.format(&b, d)
	}
	_, err := io.WriteString(w.Out, b.String())
	return err
}

func (w Writer) format(b *strings.Builder, d Diagnostic) {
	paint, end := "", ""
	if w.Color {
		paint, end = "\x1b[31;1m", "\x1b[0m"
		if d.Severity == Warning {
			paint = "\x1b[33;1m"
		}
	}
	fmt.Fprintf(b, "%s%s[%s]%s: %s\n", paint, d.Severity, d.Code, end, d.Summary)
	if d.Subject.File != "" {
		fmt.Fprintf(b, "  at %s\n", d.Subject)
		if line, ok := w.line(d.Subject); ok {
			fmt.Fprintf(b, "  %d | %s\n", d.Subject.Line, line)
		}
	}
	if d.Detail != "" {
		fmt.Fprintf(b, "  %s\n", strings.ReplaceAll(d.Detail, "\n", "\n  "))
	}
	for _, h := range d.Hints {
		fmt.Fprintf(b, "  hint: %s\n", h)
	}
}

// line returns the source line that a place points to, when it can be had.
func (w Writer) line(p Place) (string, bool) {
	if w.Sources == nil || p.Line == 0 {
		return "", false
	}
	src, ok := w.Sources(p.File)
	if !ok {
		return "", false
	}
	lines := strings.Split(string(src), "\n")
	if p.Line > len(lines) {
		return "", false
	}
	return strings.TrimRight(lines[p.Line-1], "\r"), true
}
