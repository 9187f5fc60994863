package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/parapet-dev/parapet/internal/finding"
)

// Limits of code scanning on GitHub, which refuses a file above them or cuts
// its texts
// (https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support).
const (
	sarifMaxResults = 25_000
	sarifMaxRules   = 25_000
	sarifMaxTags    = 20
	sarifMaxName    = 255
	sarifMaxText    = 1024
	sarifMaxCalls   = 100
)

// sarifSchema names the schema of version 2.1.0 with its errata.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// SARIF writes SARIF 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): a rule
// for each policy and a result for each finding. A policy that could not be
// evaluated is a result of level error and makes the run unsuccessful. Findings
// beyond GitHub's limit are left out, least urgent first, and a notification
// says how many.
func SARIF(w io.Writer, r finding.Report) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{newSARIF(r).run()}}); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// sarifWriter makes the run of a report.
type sarifWriter struct {
	report finding.Report
	rules  []sarifRule
	index  map[string]int // policy id → place in rules
	left   int            // findings and rules beyond the limits
}

func newSARIF(r finding.Report) *sarifWriter {
	s := &sarifWriter{report: r, rules: []sarifRule{}, index: map[string]int{}}
	found := map[string]bool{}
	for _, f := range r.Findings {
		found[f.Policy] = true
	}
	// Rules that found something come first into the limit.
	all := policies(r)
	for _, withFindings := range []bool{true, false} {
		for _, p := range all {
			if found[p.ID] != withFindings || len(s.rules) == sarifMaxRules {
				continue
			}
			s.index[p.ID] = len(s.rules)
			s.rules = append(s.rules, newSARIFRule(p))
		}
	}
	return s
}

func (s *sarifWriter) run() sarifRun {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "Parapet", Version: s.report.Tool.Version, InformationURI: "https://github.com/parapet-dev/parapet", Rules: s.rules,
		}},
		// Relative paths start where Parapet ran: in CI, the checkout.
		BaseIDs: map[string]sarifArtifact{sourceRoot: {Description: &sarifText{Text: "The directory in which Parapet ran."}}},
		Results: []sarifResult{},
	}
	invocation := sarifInvocation{Successful: s.report.Summary.Error == 0, Notifications: []sarifNotification{}}
	if t := s.report.Time; !t.IsZero() {
		invocation.End = t.UTC().Format(time.RFC3339)
	}
	for _, f := range urgent(s.report.Findings) {
		i, ok := s.index[f.Policy]
		if !ok || len(run.Results) == sarifMaxResults {
			s.left++
			continue
		}
		run.Results = append(run.Results, s.result(f, i))
		if f.Status == finding.Error {
			invocation.Notifications = append(invocation.Notifications, sarifNotification{
				Descriptor: sarifReference{ID: "policy-error"}, Rule: &sarifReference{ID: f.Policy, Index: &i}, Level: "error",
				Message: sarifMessage(Subject(f) + ": " + message(f)), Locations: []sarifLocation{s.location(f)},
			})
		}
	}
	note := func(id, text string) {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{
			Descriptor: sarifReference{ID: id}, Level: "warning", Message: sarifMessage(text),
		})
	}
	if s.left > 0 {
		note("findings-left-out", fmt.Sprintf("%s beyond the limit of %d are left out, least urgent first. The JSON format has them all.", count(s.left, "finding"), sarifMaxResults))
	}
	if s.report.Unread > 0 {
		note("input-unread", unread(s.report)+": nothing is said about them.")
	}
	run.Invocations = []sarifInvocation{invocation}
	return run
}

func (s *sarifWriter) result(f finding.Finding, rule int) sarifResult {
	res := sarifResult{
		RuleID: f.Policy, RuleIndex: rule, Kind: "fail", Level: sarifLevel(f.Severity),
		Message: sarifMessage(Subject(f) + ": " + message(f)), Locations: []sarifLocation{s.location(f)},
		Fingerprints: map[string]string{"parapet/v1": f.Fingerprint},
	}
	switch f.Status {
	case finding.Unknown: // the standard wants level none for what is no failure
		res.Kind, res.Level = "open", "none"
	case finding.Error:
		res.Level = "error"
	case finding.Exempt:
		kind := "external"
		if f.Exemption != nil && f.Exemption.Kind == finding.ByComment {
			kind = "inSource"
		}
		res.Suppressions = []sarifSuppression{{Kind: kind, Status: "accepted", Justification: clip(exemption(f), sarifMaxText)}}
	case finding.Violation:
	}
	modules := placeOf(f, s.report.Inputs).Modules
	for i, m := range modules[:min(len(modules), sarifMaxCalls)] {
		id := i + 1
		text := sarifMessage("calls module." + m.Name)
		res.Related = append(res.Related, sarifLocation{
			ID: &id, Message: &text, Physical: &sarifPhysical{Artifact: sarifFile(clean(slash(m.File))), Region: sarifLine(m.Line)},
		})
	}
	return res
}

// location is the source of a finding and, as a logical location, its resource.
func (s *sarifWriter) location(f finding.Finding) sarifLocation {
	var loc sarifLocation
	if p := placeOf(f, s.report.Inputs); p.File != "" {
		loc.Physical = &sarifPhysical{Artifact: sarifFile(p.File), Region: sarifLine(p.Line)}
		if lines := code(f); p.Line > 0 && len(lines) > 0 {
			var text []string
			for _, l := range lines {
				text = append(text, l.Text)
				if l.Marked {
					loc.Physical.Region.Snippet = &sarifText{Text: l.Text}
				}
			}
			loc.Physical.Context = &sarifRegion{
				Start: lines[0].Number, End: lines[len(lines)-1].Number, Snippet: &sarifText{Text: strings.Join(text, "\n")},
			}
		}
	}
	loc.Logical = []sarifLogical{{Name: clean(f.Resource.Type), Full: Subject(f), Kind: "resource"}}
	return loc
}

// sarifLine is the region of a line. A result without a line stands on the
// first, since GitHub shows none that has no region.
func sarifLine(line int) *sarifRegion { return &sarifRegion{Start: max(line, 1)} }

const sourceRoot = "%SRCROOT%"

func sarifFile(path string) sarifArtifact {
	a := sarifArtifact{URI: uri(path)}
	if !isAbsolute(path) {
		a.BaseID = sourceRoot
	}
	return a
}

func newSARIFRule(p finding.Policy) sarifRule {
	title := clean(p.Title)
	if title == "" {
		title = clean(p.ID)
	}
	full := clean(p.Description)
	if full == "" {
		full = title
	}
	rule := sarifRule{
		ID: p.ID, Name: sarifName(p.ID),
		Short: sarifMessage(title), Full: sarifMessage(full),
		Default:    sarifDefault{Level: sarifLevel(p.Severity)},
		Properties: sarifProperties{Score: sarifScore(p.Severity), Severity: string(p.Severity), Tags: []string{"security"}},
	}
	help := clean(p.Remediation)
	if help == "" {
		help = full
	}
	rule.Help = sarifMessage(help)
	rule.Help.Markdown = markdownText(clip(help, sarifMaxText))
	tags := controls(p)
	rule.Properties.Tags = append(rule.Properties.Tags, tags[:min(len(tags), sarifMaxTags-1)]...)
	if p.File != "" {
		rule.Properties.Source = at(slash(p.File), p.Line)
	}
	return rule
}

// sarifLevel maps a severity onto the levels of results.
func sarifLevel(s finding.Severity) string {
	switch s {
	case finding.Medium:
		return "warning"
	case finding.Low, finding.Info:
		return "note"
	case finding.Critical, finding.High:
	}
	return "error"
}

// sarifScore is the security-severity from which GitHub makes critical (above
// 9.0), high (from 7.0), medium (from 4.0) and low.
func sarifScore(s finding.Severity) string {
	switch s {
	case finding.High:
		return "8.0"
	case finding.Medium:
		return "5.5"
	case finding.Low:
		return "3.0"
	case finding.Info:
		return "0.1"
	case finding.Critical:
	}
	return "9.5"
}

// sarifName makes an id the Pascal-case name that the standard asks for.
func sarifName(id string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		first := []rune(word)
		first[0] = unicode.ToUpper(first[0])
		b.WriteString(string(first))
	}
	return clip(b.String(), sarifMaxName)
}

var (
	sarifBraces = strings.NewReplacer("{", "{{", "}", "}}")
	sarifLink   = regexp.MustCompile(`\](\\*)\(`)
)

// sarifMessage makes a text a plain message: braces are doubled, since {0}
// would be a placeholder (section 3.11.5), and what looks like a link is broken
// up (3.11.6), since the text is not ours.
func sarifMessage(text string) sarifText {
	text = clip(sarifLink.ReplaceAllString(clean(text), `]$1 (`), sarifMaxText)
	return sarifText{Text: sarifBraces.Replace(text)}
}
