package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// Table writes a report for people: findings grouped by policy, worst first,
// each with its place; then what could not be decided, a summary, and what to
// do next.
type Table struct {
	Color bool // ANSI colours, for terminals
	// Where returns the flags with which parapet finds a policy, to be put
	// behind a command; nil when every policy is the library's.
	Where func(policy string) string
}

// Write writes the report.
func (t Table) Write(w io.Writer, r finding.Report) error {
	var b bytes.Buffer
	for _, s := range sections {
		t.section(&b, s, r.Findings)
	}
	t.summary(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// section is the findings of one status.
type section struct {
	status finding.Status
	title  string
}

// Violations come last but for the summary, so that they are what stays on the
// screen. Alone, they need no heading.
var sections = []section{
	{finding.Exempt, "Exempt"},
	{finding.Unknown, "Undecided"},
	{finding.Error, "Could not be evaluated"},
	{finding.Violation, "Violations"},
}

func (t Table) section(b *bytes.Buffer, s section, all []finding.Finding) {
	first := true
	for group := range byPolicy(all, s.status) {
		if first && (s.status != finding.Violation || b.Len() > 0) {
			fmt.Fprintf(b, "%s\n\n", t.paint(bold, s.title))
		}
		first = false
		t.group(b, group)
	}
}

// byPolicy yields the findings of a status, one policy at a time. Reports are
// sorted by severity and policy, so that a policy's findings are neighbours.
func byPolicy(all []finding.Finding, s finding.Status) func(yield func([]finding.Finding) bool) {
	return func(yield func([]finding.Finding) bool) {
		var group []finding.Finding
		for _, f := range all {
			if f.Status != s {
				continue
			}
			if len(group) > 0 && group[0].Policy != f.Policy {
				if !yield(group) {
					return
				}
				group = nil
			}
			group = append(group, f)
		}
		if len(group) > 0 {
			yield(group)
		}
	}
}

func (t Table) group(b *bytes.Buffer, group []finding.Finding) {
	f := group[0]
	head := fmt.Sprintf("%s  %s  %s", t.paint(severityColor[f.Severity], strings.ToUpper(fmt.Sprintf("%-8s", f.Severity))),
		clean(f.Policy), t.paint(bold, heading(f.Policy, f.Title)))
	b.WriteString(strings.TrimRight(head, " ") + "\n")
	rows := merge(group)
	width := 0
	for _, r := range rows {
		width = max(width, len([]rune(r.subject)))
	}
	width = min(width, maxSubject)
	for _, r := range rows {
		f := r.first
		fmt.Fprintf(b, "  %-*s  %s\n", width, r.subject, clean(f.Message))
		if r.places != "" {
			fmt.Fprintf(b, "    %s\n", t.paint(dim, r.places))
		}
		if note := note(f); note != "" {
			fmt.Fprintf(b, "    %s\n", t.paint(dim, note))
		}
		lines := code(f)
		for i, line := range codeText(lines) {
			style := dim
			if lines[i].Marked {
				style = bold
			}
			fmt.Fprintf(b, "      %s\n", t.paint(style, line))
		}
	}
	if f.Status == finding.Violation && f.Remediation != "" {
		fmt.Fprintf(b, "  fix: %s\n", clean(f.Remediation))
	}
	b.WriteByte('\n')
}

// maxSubject keeps one very long address from pushing every message off the
// screen.
const maxSubject = 72

// note says where a finding is, whose it is and why it does not count.
func note(f finding.Finding) string {
	var parts []string
	if f.Resource.Source != nil {
		parts = append(parts, placeOf(f, nil).String())
	}
	parts = append(parts, clean(strings.Join(f.Attributes, ", ")))
	if arn := f.Resource.ARN; arn != nil && f.Resource.Address != "" && f.Resource.Live() {
		parts = append(parts, clean(*arn))
	}
	parts = append(parts, owner(f), exemption(f))
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  ")
}

func (t Table) summary(b *bytes.Buffer, r finding.Report) {
	resources := 0
	for _, in := range r.Inputs {
		resources += in.Resources
	}
	s := r.Summary
	fmt.Fprintf(b, "%s: %s", count(resources, "resource"), t.paint(bold, count(s.Violation, "violation")))
	if s.Violation > 0 {
		var parts []string
		for _, sev := range finding.Severities {
			if n := s.BySeverity[sev]; n > 0 {
				parts = append(parts, t.paint(severityColor[sev], fmt.Sprintf("%d %s", n, sev)))
			}
		}
		fmt.Fprintf(b, " (%s)", strings.Join(parts, ", "))
	}
	fmt.Fprintf(b, ", %d exempt, %d unknown, %s, %d passed", s.Exempt, s.Unknown, count(s.Error, "error"), s.Passed)
	if r.Unread > 0 {
		fmt.Fprintf(b, ", %s", t.paint(bold, unread(r)))
	}
	b.WriteByte('\n')
	for _, line := range t.next(r) {
		fmt.Fprintf(b, "  %s\n", line)
	}
}

// next says what to do about a report.
func (t Table) next(r finding.Report) []string {
	var lines []string
	if r.Summary.Error > 0 {
		lines = append(lines, "Some policies could not be evaluated, so this run proves nothing about them: fix the policies.")
	}
	if all := violations(r.Findings); len(all) > 0 {
		worst := slices.MinFunc(all, func(a, b finding.Finding) int {
			return cmp.Compare(slices.Index(finding.Severities, a.Severity), slices.Index(finding.Severities, b.Severity))
		})
		where := ""
		if t.Where != nil {
			where = clean(t.Where(worst.Policy))
		}
		lines = append(lines,
			"Why, and how to fix it:  parapet policy show "+clean(worst.Policy)+where,
			"Prevent it next time:    write the findings with --format json=findings.json, then parapet compile findings.json --out guardrails")
	}
	later, unread := Undecided(r.Findings)
	if later > 0 {
		lines = append(lines, "What is known only after apply is decided by a gate on the state after it, or set the value in the code.")
	}
	if unread > 0 {
		lines = append(lines, "Live state that was not read leaves policies undecided; parapet snapshot --print-policy says what reading takes.")
	}
	return lines
}

// Undecided counts the findings that are unknown: those that only apply can
// tell, and those on live state of which something was not read.
func Undecided(all []finding.Finding) (later, unread int) {
	for _, f := range all {
		switch {
		case f.Status != finding.Unknown:
		case f.Resource.Live(), f.Policy == finding.Drift:
			unread++
		default:
			later++
		}
	}
	return later, unread
}

// violations returns those of policies about resources, which parapet can
// explain and compile.
func violations(all []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f finding.Finding) bool {
		return f.Status != finding.Violation || f.Document || f.Policy == finding.Drift
	})
}

// ANSI styles.
const (
	bold = "1"
	dim  = "2"
)

var severityColor = map[finding.Severity]string{
	finding.Critical: "1;31",
	finding.High:     "31",
	finding.Medium:   "33",
	finding.Low:      "36",
	finding.Info:     "2",
}

func (t Table) paint(style, s string) string {
	if !t.Color || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}
