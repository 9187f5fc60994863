package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// githubShown is how many annotations of each level GitHub shows for a step;
// the others are only in its log
// (https://github.com/orgs/community/discussions/26680).
const githubShown = 10

// githubLevels are the workflow commands that annotate, worst first.
var githubLevels = []string{"error", "warning", "notice"}

// GitHub writes workflow commands that annotate a pull request
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands).
// They are ordered by level, errors of policies and severity, so that what
// GitHub shows is the worst. What is exempt is only counted.
func GitHub(w io.Writer, r finding.Report) error {
	byLevel := map[string][]string{}
	for _, f := range urgent(r.Findings) {
		if f.Status == finding.Exempt {
			continue
		}
		level := githubLevel(f)
		byLevel[level] = append(byLevel[level], githubCommand(level, f, r.Inputs))
	}
	hidden := 0
	for _, level := range githubLevels {
		shown := githubShown
		if level == "notice" {
			shown-- // one is the summary
		}
		hidden += max(0, len(byLevel[level])-shown)
	}
	var b bytes.Buffer
	for _, level := range githubLevels {
		if level == "notice" { // the summary must be among those that are shown
			fmt.Fprintf(&b, "::notice title=Parapet::%s\n", githubData(githubSummary(r, hidden)))
		}
		for _, line := range byLevel[level] {
			b.WriteString(line)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func githubSummary(r finding.Report, hidden int) string {
	text := totals(r)
	if hidden > 0 {
		text += fmt.Sprintf(". GitHub shows %d annotations of each level; %d more are in the log of this step", githubShown, hidden)
	}
	return text
}

func githubLevel(f finding.Finding) string {
	switch {
	case f.Status == finding.Error:
		return "error"
	case f.Status == finding.Unknown:
		return "notice"
	}
	switch f.Severity {
	case finding.Medium:
		return "warning"
	case finding.Low, finding.Info:
		return "notice"
	case finding.Critical, finding.High:
	}
	return "error"
}

func githubCommand(level string, f finding.Finding, inputs []finding.Input) string {
	var properties []string
	add := func(name, value string) { properties = append(properties, name+"="+githubProperty(value)) }
	p := placeOf(f, inputs)
	if p.File != "" {
		add("file", p.File)
	}
	if p.Line > 0 {
		add("line", fmt.Sprint(p.Line))
	}
	title := clean(f.Policy)
	if h := heading(f.Policy, f.Title); h != "" {
		title += ": " + h
	}
	add("title", clip(title, 200))
	text := Subject(f) + ": " + message(f)
	if len(p.Modules) > 0 {
		text += "\n" + p.String()
	}
	if f.Status == finding.Violation && f.Remediation != "" {
		text += "\nfix: " + clean(f.Remediation)
	}
	return fmt.Sprintf("::%s %s::%s\n", level, strings.Join(properties, ","), githubData(text))
}

// githubData escapes the message of a command, as the toolkit of Actions does.
func githubData(s string) string { return githubDataEscapes.Replace(s) }

// githubProperty escapes the value of a property of a command.
func githubProperty(s string) string { return githubPropertyEscapes.Replace(s) }

var (
	githubDataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
