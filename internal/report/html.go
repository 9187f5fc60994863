package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// The style and the script of the page take no part in what findings say.
//
//go:embed html
var htmlFiles embed.FS

// htmlOpen is how many findings a page may have for their code to be unfolded.
const htmlOpen = 60

// HTML writes one page that needs nothing else: no network, no other file. Its
// Content-Security-Policy lets run only its own style and script, which are
// named by their hashes, so that nothing in a plan could run even if it escaped
// the escaping. Without the script it is a plain list by policy.
func HTML(w io.Writer, r finding.Report) error {
	page, err := newHTMLPage(r)
	if err != nil {
		return err
	}
	var m markup
	page.write(&m)
	_, err = io.WriteString(w, m.String())
	return err
}

// What the page shows. Texts are clean.
type (
	htmlPage struct {
		CSP       string
		CSS, JS   string
		Verdict   string // one of bad, open, good
		Headline  string
		Notes     []string
		Facts     []htmlFact
		Severity  []htmlBar // violations
		Status    []htmlBar
		Top       []htmlBar // policies with the most violations
		Types     []string
		Policies  []htmlPolicy
		Findings  int
		Described string // the severity chart in words
		Share     string // how much passed
	}
	htmlFact struct{ Name, Value string }
	htmlBar  struct {
		Key, Label, Link string
		Count            int
		X, Width         string // of 100
	}
	htmlPolicy struct {
		Anchor, ID, Title, Description, Fix, Source string
		Severity                                    string
		Controls                                    []string
		Violations                                  int
		Findings                                    []htmlFinding
	}
	htmlFinding struct {
		Policy                        string // anchor
		Severity, Status, StatusLabel string
		Type, Subject, Identity       string
		Message, Place, Exemption     string
		Attributes                    string
		Code                          []codeLine
		Open                          bool
	}
)

// htmlStatus is how a page calls a status.
var htmlStatus = map[finding.Status]string{
	finding.Violation: "Violation", finding.Error: "Not evaluated", finding.Unknown: "Unknown", finding.Exempt: "Exempt",
}

func newHTMLPage(r finding.Report) (htmlPage, error) {
	css, err := htmlFiles.ReadFile("html/page.css")
	if err != nil {
		return htmlPage{}, err
	}
	js, err := htmlFiles.ReadFile("html/page.js")
	if err != nil {
		return htmlPage{}, err
	}
	p := htmlPage{
		CSP: fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", source(css), source(js)),
		CSS: string(css), JS: string(js),
		Findings: len(r.Findings),
		Types:    htmlTypes(r.Findings),
		Policies: htmlPolicies(r),
	}
	p.verdict(r)
	p.facts(r)
	p.charts(r)
	return p, nil
}

// source names an inline style or script in a Content-Security-Policy.
func source(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *htmlPage) verdict(r finding.Report) {
	s := r.Summary
	p.Verdict, p.Headline = "good", "No violations"
	if s.Unknown > 0 || r.Unread > 0 {
		p.Verdict = "open"
	}
	if s.Violation > 0 || s.Error > 0 {
		p.Verdict, p.Headline = "bad", count(s.Violation, "violation")
	}
	if s.Error > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s of a policy on a resource failed, so nothing is proved there.", count(s.Error, "evaluation")))
	}
	if s.Unknown > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s on values that are known only after apply.", plural(s.Unknown, "finding depends", "findings depend")))
	}
	if r.Unread > 0 {
		p.Notes = append(p.Notes, unread(r)+".")
	}
}

func (p *htmlPage) facts(r finding.Report) {
	for i, in := range r.Inputs {
		if i == 5 && len(r.Inputs) > 6 {
			p.Facts = append(p.Facts, htmlFact{"Input", fmt.Sprintf("and %d more", len(r.Inputs)-i)})
			break
		}
		p.Facts = append(p.Facts, htmlFact{"Input", clean(slash(in.Path)) + " (" + clean(in.Kind) + ", " + count(in.Resources, "resource") + ")"})
	}
	if len(r.Policies) > 0 {
		p.Facts = append(p.Facts, htmlFact{"Policies", fmt.Sprint(len(r.Policies))})
	}
	if !r.Time.IsZero() {
		p.Facts = append(p.Facts, htmlFact{"Evaluated", r.Time.UTC().Format("2 January 2006, 15:04 UTC")})
	}
	p.Facts = append(p.Facts, htmlFact{"By", strings.TrimSpace("Parapet " + clean(r.Tool.Version))})
}

// charts makes the bars: violations by severity and by policy, each against the
// longest, and the statuses as parts of the whole.
func (p *htmlPage) charts(r finding.Report) {
	longest := 0
	for _, sev := range finding.Severities {
		longest = max(longest, r.Summary.BySeverity[sev])
	}
	var words []string
	for _, sev := range finding.Severities {
		n := r.Summary.BySeverity[sev]
		p.Severity = append(p.Severity, htmlBar{Key: string(sev), Label: capital(string(sev)), Count: n, Width: percent(n, longest)})
		words = append(words, fmt.Sprintf("%d %s", n, sev))
	}
	p.Described = "Violations by severity: " + strings.Join(words, ", ")

	s := r.Summary
	whole := s.Violation + s.Error + s.Unknown + s.Exempt + s.Passed
	p.Share = fmt.Sprintf("%d of %s of a policy on a resource passed.", s.Passed, plural(whole, "evaluation", "evaluations"))
	at := 0.0
	for _, b := range []htmlBar{
		{Key: "violation", Label: "Violations", Count: s.Violation},
		{Key: "error", Label: "Not evaluated", Count: s.Error},
		{Key: "unknown", Label: "Unknown", Count: s.Unknown},
		{Key: "exempt", Label: "Exempt", Count: s.Exempt},
		{Key: "passed", Label: "Passed", Count: s.Passed},
	} {
		// What is not passed stands before what is, and is never too thin to see.
		if share := 100 * float64(b.Count) / float64(max(whole, 1)); b.Count > 0 {
			share = max(share, 1.2)
			b.X, b.Width = fmt.Sprintf("%.2f", at), fmt.Sprintf("%.2f", min(share, 100-at))
			at += share
		}
		p.Status = append(p.Status, b)
	}

	byCount := slices.SortedStableFunc(slices.Values(p.Policies), func(a, b htmlPolicy) int { return b.Violations - a.Violations })
	for _, pol := range byCount[:min(len(byCount), 5)] {
		if pol.Violations > 0 {
			p.Top = append(p.Top, htmlBar{
				Key: pol.Severity, Label: pol.Title, Link: pol.Anchor, Count: pol.Violations, Width: percent(pol.Violations, byCount[0].Violations),
			})
		}
	}
}

func percent(n, of int) string {
	if of == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", 100*float64(n)/float64(of))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// htmlTypes lists the resource types of findings, sorted.
func htmlTypes(all []finding.Finding) []string {
	var types []string
	for _, f := range all {
		types = append(types, clean(f.Resource.Type))
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// htmlPolicies groups the findings by policy: the policy with the most urgent
// finding first, and so within it.
func htmlPolicies(r finding.Report) []htmlPolicy {
	known := map[string]finding.Policy{}
	for _, p := range policies(r) {
		known[p.ID] = p
	}
	var list []htmlPolicy
	index := map[string]int{}
	for _, f := range urgent(r.Findings) {
		i, ok := index[f.Policy]
		if !ok {
			i = len(list)
			index[f.Policy] = i
			list = append(list, newHTMLPolicy(known[f.Policy], i))
		}
		g := &list[i]
		if f.Status == finding.Violation {
			g.Violations++
		}
		g.Findings = append(g.Findings, htmlFinding{
			Policy: g.Anchor, Severity: string(f.Severity), Status: string(f.Status), StatusLabel: htmlStatus[f.Status],
			Type: clean(f.Resource.Type), Subject: Subject(f), Identity: htmlIdentity(f),
			Message: clean(f.Message), Place: htmlPlace(f, r.Inputs), Exemption: exemption(f),
			Attributes: clean(strings.Join(f.Attributes, ", ")), Code: code(f), Open: len(r.Findings) <= htmlOpen,
		})
	}
	return list
}

// htmlPlace says where a finding is and whose.
func htmlPlace(f finding.Finding, inputs []finding.Input) string {
	place, who := placeOf(f, inputs).String(), owner(f)
	if place == "" || who == "" {
		return place + who
	}
	return place + ", " + who
}

func newHTMLPolicy(p finding.Policy, i int) htmlPolicy {
	g := htmlPolicy{
		Anchor: fmt.Sprintf("policy-%d", i+1), ID: clean(p.ID), Title: heading(p.ID, p.Title), Severity: string(p.Severity),
		Description: clean(p.Description), Fix: clean(p.Remediation), Controls: controls(p),
	}
	if g.Title == "" {
		g.Title = g.ID
	}
	if p.File != "" {
		g.Source = clean(at(slash(p.File), p.Line))
	}
	return g
}

// htmlIdentity says where in AWS a resource is, as far as it is known.
func htmlIdentity(f finding.Finding) string {
	var parts []string
	for _, s := range []*string{f.Resource.Account, f.Resource.Region, f.Resource.ARN} {
		if s != nil && *s != Subject(f) {
			parts = append(parts, clean(*s))
		}
	}
	return strings.Join(parts, " · ")
}
