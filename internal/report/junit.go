package report

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// The part of JUnit's XML that CI systems agree on.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Timestamp  string      `xml:"timestamp,attr,omitempty"`
		Properties *junitList  `xml:"properties"`
		Cases      []junitCase `xml:"testcase"`
		Output     string      `xml:"system-out,omitempty"`
	}
	junitList struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitOutcome `xml:"failure"`
		Error   *junitOutcome `xml:"error"`
		Skipped *junitOutcome `xml:"skipped"`
	}
	junitOutcome struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a test suite for each policy and a test case for each finding: a
// violation fails, an error is an error, and what is unknown, exempt or only
// told is skipped. A policy without findings is one case that passes. The first
// suite is the run itself; its output is the summary, with how many pairs of
// policy and resource passed.
func JUnit(w io.Writer, r finding.Report) error {
	all := junitSuites{Name: "parapet", Suites: []junitSuite{junitRun(r)}}
	byPolicy := map[string][]finding.Finding{}
	for _, f := range r.Findings {
		byPolicy[f.Policy] = append(byPolicy[f.Policy], f)
	}
	for _, p := range policies(r) {
		all.Suites = append(all.Suites, junitPolicy(p, byPolicy[p.ID], r))
	}
	for i := range all.Suites {
		s := &all.Suites[i]
		if !r.Time.IsZero() {
			s.Timestamp = r.Time.UTC().Format("2006-01-02T15:04:05")
		}
		s.count()
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

func (s *junitSuite) count() {
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
}

// junitRun says whether the whole input was evaluated.
func junitRun(r finding.Report) junitSuite {
	c := junitCase{Name: "every part of the input is evaluated", Class: "parapet"}
	if r.Unread > 0 {
		c.Skipped = &junitOutcome{Message: unread(r)}
	}
	return junitSuite{Name: "parapet", Cases: []junitCase{c}, Output: totals(r)}
}

func junitPolicy(p finding.Policy, found []finding.Finding, r finding.Report) junitSuite {
	properties := []junitProperty{{"title", clean(p.Title)}, {"severity", string(p.Severity)}}
	for _, c := range controls(p) {
		properties = append(properties, junitProperty{"control", c})
	}
	s := junitSuite{Name: clean(p.ID), Properties: &junitList{properties}}
	for _, f := range found {
		s.Cases = append(s.Cases, junitFinding(f, r))
	}
	if len(found) == 0 {
		s.Cases = []junitCase{{Name: cmp.Or(clean(p.Title), "no finding"), Class: clean(p.ID)}}
	}
	return s
}

func junitFinding(f finding.Finding, r finding.Report) junitCase {
	where := placeOf(f, r.Inputs)
	c := junitCase{Name: Subject(f), Class: clean(f.Policy), File: where.File, Line: where.Line}
	lines := []string{message(f), where.String()}
	lines = append(lines, codeText(code(f))...)
	if f.Remediation != "" {
		lines = append(lines, "fix: "+clean(f.Remediation))
	}
	lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
	out := &junitOutcome{Message: message(f), Type: string(f.Severity), Text: strings.Join(lines, "\n")}
	switch {
	case f.Status == finding.Error:
		c.Error = out
	case f.Status == finding.Exempt:
		c.Skipped = &junitOutcome{Message: fmt.Sprintf("exempt (%s): %s", exemption(f), message(f))}
	case f.Status == finding.Unknown:
		c.Skipped = &junitOutcome{Message: message(f)}
	case f.Severity == finding.Info:
		c.Skipped = &junitOutcome{Message: "info, fails nothing by default: " + message(f)}
	default:
		c.Failure = out
	}
	return c
}
