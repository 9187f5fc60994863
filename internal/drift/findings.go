package drift

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// Policy is what findings of drift stand under in place of a policy.
var Policy = finding.Policy{
	ID:          finding.Drift,
	Title:       "Live state is what Terraform says",
	Description: "Somebody or something has changed the resource past the code, or the code was never applied.",
	Severity:    finding.Low,
	Remediation: "Apply the code, or write what is meant into it.",
}

// Findings returns what the results say as findings: one for every resource
// that differs or is gone, one for every resource of which nothing is known,
// and one for every policy that a resource violates live, and not as Terraform
// says it. Live and desired are the violations of both.
func Findings(results []Result, live, desired []finding.Finding) []finding.Finding {
	byLive, byDesired := group(live), group(desired)
	var list []finding.Finding
	for _, r := range results {
		if r.Status != Same {
			list = append(list, r.finding())
		}
		if r.Live == nil {
			continue
		}
		// A resource may violate a policy by the drift of one that relates to it.
		asDesired := byDesired[key(finding.SubjectOf(r.Desired))]
		for _, v := range byLive[key(finding.SubjectOf(r.Live))] {
			if slices.ContainsFunc(asDesired, func(d finding.Finding) bool { return d.Policy == v.Policy && d.Message == v.Message }) {
				continue // as Terraform says it: gate tells that
			}
			v.Resource = r.subject()
			v.Message += "; not so as Terraform says it"
			if r.Status == Changed {
				v.Message += ": " + r.say()
			}
			list = append(list, v)
		}
	}
	return list
}

// finding tells of a resource that is not the same.
func (r Result) finding() finding.Finding {
	f := finding.Finding{
		Policy: Policy.ID, Title: Policy.Title, Severity: Policy.Severity, Remediation: Policy.Remediation,
		Status: finding.Violation, Attributes: []string{}, Observed: map[string]any{}, Resource: r.subject(),
	}
	switch r.Status {
	case Gone:
		f.Message = "is not there any more"
	case Unknown:
		f.Status, f.Message = finding.Unknown, "cannot be compared: "+r.Why
	case Changed, Same:
		f.Message = r.say()
		for _, d := range r.Differences {
			f.Attributes = append(f.Attributes, d.Path)
			f.Observed[d.Path] = d.observed()
		}
	}
	return f
}

func group(findings []finding.Finding) map[[4]string][]finding.Finding {
	groups := map[[4]string][]finding.Finding{}
	for _, f := range findings {
		if f.Status == finding.Violation || f.Status == finding.Exempt {
			k := key(f.Resource)
			groups[k] = append(groups[k], f)
		}
	}
	return groups
}

func key(s finding.Subject) [4]string {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	return [4]string{s.Type, s.Address, text(s.Account), text(s.Region)}
}

// subject names the resource as the code does, with what only live state knows.
func (r Result) subject() finding.Subject {
	s := finding.SubjectOf(r.Desired)
	if r.Live == nil {
		return s
	}
	live := finding.SubjectOf(r.Live)
	s.ID, s.ARN, s.Account, s.Region, s.Origin = live.ID, live.ARN, live.Account, live.Region, live.Origin
	return s
}

// say tells the differences for people, the first few of them.
func (r Result) say() string {
	const show = 4
	var parts []string
	for i, d := range r.Differences {
		if i == show {
			parts = append(parts, fmt.Sprintf("and %d more", len(r.Differences)-show))
			break
		}
		if d.Sensitive {
			parts = append(parts, d.Path+" differs from what Terraform says (sensitive)")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s is %s, Terraform says %s", d.Path, short(d.Live), short(d.Desired)))
	}
	return strings.Join(parts, "; ")
}

// observed is the live value as findings keep it.
func (d Difference) observed() any {
	if d.Sensitive {
		return finding.Redacted
	}
	return d.Live
}

// short writes a value in a few words.
func short(v any) string {
	if v == nil {
		return "not set"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "not plain JSON"
	}
	const limit = 120
	s := strings.TrimSuffix(b.String(), "\n")
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}
