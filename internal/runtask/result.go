package runtask

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/report"
)

// message is the body of a callback.
type message struct {
	Data messageData `json:"data"`
}

type messageData struct {
	Type          string         `json:"type"`
	Attributes    status         `json:"attributes"`
	Relationships *relationships `json:"relationships,omitempty"`
}

type status struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type relationships struct {
	Outcomes outcomes `json:"outcomes"`
}

type outcomes struct {
	Data []outcome `json:"data"`
}

// outcome is one row of the details: a policy and what it found.
type outcome struct {
	Type       string            `json:"type"`
	Attributes outcomeAttributes `json:"attributes"`
}

type outcomeAttributes struct {
	ID          string           `json:"outcome-id"`
	Description string           `json:"description"`
	Body        string           `json:"body,omitempty"` // Markdown
	Tags        map[string][]tag `json:"tags,omitempty"`
}

type tag struct {
	Label string `json:"label"`
	Level string `json:"level"`
}

// Values of status and of a tag's level.
const (
	statusRunning = "running"
	statusPassed  = "passed"
	statusFailed  = "failed"

	levelInfo    = "info"
	levelWarning = "warning"
	levelError   = "error"
)

// Bounds of what is sent. The protocol advises bodies under 1 MB.
const (
	maxText     = 1000      // characters of the one-line message
	maxDetail   = 64 << 10  // bytes about one policy
	maxDetails  = 768 << 10 // bytes about all of them
	maxOutcomes = 100
)

// answer is the end of a task.
type answer struct {
	status   string
	text     string
	outcomes []outcome
}

func (a answer) message() message {
	return message{messageData{Type: "task-results", Attributes: status{a.status, a.text}}}
}

// running is a progress update.
func running(what string, list []outcome) message {
	m := message{messageData{Type: "task-results", Attributes: status{statusRunning, what}}}
	if len(list) > 0 {
		m.Data.Relationships = &relationships{outcomes{list}}
	}
	return m
}

// failure is the answer of a task that could not be done.
func failure(err error) answer {
	var lines []string
	for _, d := range diag.From("failed", err) {
		if d.Severity == diag.Error {
			lines = append(lines, d.Error())
		}
	}
	text := strings.Join(lines, "; ")
	if text == "" {
		text = err.Error()
	}
	var body strings.Builder
	_ = diag.Writer{Out: &body}.Write(diag.From("failed", err)...)
	return answer{
		status: statusFailed,
		text:   report.Plain("The plan was not judged: "+text, maxText),
		outcomes: []outcome{newOutcome("parapet-error", "The plan was not judged", report.MarkdownBlock(body.String(), maxDetail), map[string][]tag{
			"Status": {{"Error", levelError}},
		})},
	}
}

// verdict is the answer of a task that was done.
func verdict(v Verdict) answer {
	s := v.Report.Summary
	a := answer{status: statusPassed, outcomes: describe(v)}
	if v.Failed || s.Error > 0 { // a gate cannot pass what was not evaluated
		a.status = statusFailed
	}
	parts := []string{count(s.Violation, "violation")}
	for _, c := range []struct {
		n    int
		what string
	}{{s.Unknown, "unknown"}, {s.Exempt, "exempt"}, {s.Error, "not evaluated"}, {s.Passed, "passed"}} {
		if c.n > 0 || c.what == "passed" {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if n := v.Report.Unread; n > 0 {
		parts = append(parts, count(n, "part")+" of the plan not read")
	}
	a.text = clip(strings.Join(parts, ", "), maxText)
	return a
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func newOutcome(id, description, body string, tags map[string][]tag) outcome {
	return outcome{"task-result-outcomes", outcomeAttributes{
		ID: clip(id, maxID), Description: report.Plain(description, maxText), Body: body, Tags: tags,
	}}
}

// describe lists the policies that found something, in the order of the report:
// worst first.
func describe(v Verdict) []outcome {
	type key struct {
		policy string
		status finding.Status
	}
	groups := map[key][]finding.Finding{}
	var order []key
	for _, f := range v.Report.Findings {
		k := key{f.Policy, f.Status}
		if len(groups[k]) == 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], f)
	}
	// What does not count stands last.
	slices.SortStableFunc(order, func(a, b key) int { return rank(a.status) - rank(b.status) })
	var list []outcome
	if v.Notes != "" {
		list = append(list, newOutcome("parapet-warnings", "Warnings", report.MarkdownBlock(v.Notes, maxDetail), map[string][]tag{
			"Status": {{"Warning", levelWarning}},
		}))
	}
	room := maxDetails
	for i, k := range order {
		if len(list) >= maxOutcomes || room <= 0 {
			list = append(list, newOutcome("parapet-more", fmt.Sprintf("%d more policies found something", len(order)-i), "", nil))
			break
		}
		fs := groups[k]
		title := fs[0].Title
		if title == "" {
			title = k.policy
		}
		id := k.policy
		if k.status != finding.Violation {
			id += ":" + string(k.status)
		}
		body := report.MarkdownFindings(fs, v.Report.Inputs, min(maxDetail, room))
		room -= len(body)
		list = append(list, newOutcome(id, fmt.Sprintf("%s: %s", title, count(len(fs), "finding")), body, map[string][]tag{
			"Status":   {statusTag(k.status)},
			"Severity": {severityTag(fs[0].Severity)},
		}))
	}
	return list
}

func rank(s finding.Status) int {
	return slices.Index([]finding.Status{finding.Error, finding.Violation, finding.Unknown, finding.Exempt}, s)
}

func statusTag(s finding.Status) tag {
	switch s {
	case finding.Unknown:
		return tag{"Unknown", levelWarning}
	case finding.Exempt:
		return tag{"Exempt", levelInfo}
	case finding.Error:
		return tag{"Error", levelError}
	case finding.Violation:
	}
	return tag{"Violation", levelError}
}

func severityTag(s finding.Severity) tag {
	label := strings.ToUpper(string(s[:min(1, len(s))])) + string(s[min(1, len(s)):])
	switch s {
	case finding.Medium:
		return tag{label, levelWarning}
	case finding.Low, finding.Info:
		return tag{label, levelInfo}
	case finding.Critical, finding.High:
	}
	return tag{label, levelError}
}

// clip shortens a string to n bytes, between characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
