package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/parapet-dev/parapet/internal/finding"
)

// policies returns every policy of a report, sorted by id: those that were
// evaluated, and those that only findings name.
func policies(r finding.Report) []finding.Policy {
	byID := map[string]finding.Policy{}
	for _, f := range r.Findings {
		p := byID[f.Policy]
		p.ID, p.Title, p.Severity = f.Policy, cmp.Or(p.Title, f.Title), cmp.Or(p.Severity, f.Severity)
		p.Remediation = cmp.Or(p.Remediation, f.Remediation)
		if p.Frameworks == nil {
			p.Frameworks = f.Frameworks
		}
		byID[f.Policy] = p
	}
	for _, p := range r.Policies {
		byID[p.ID] = p
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b finding.Policy) int { return cmp.Compare(a.ID, b.ID) })
}

// controls lists the controls of the frameworks that a policy implements, as
// cis-aws-5.0/5.7, sorted.
func controls(p finding.Policy) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(p.Frameworks)) {
		for _, c := range slices.Sorted(slices.Values(p.Frameworks[name])) {
			list = append(list, clean(name+"/"+c))
		}
	}
	return list
}

// urgency orders statuses by what a reader must do something about.
var urgency = []finding.Status{finding.Error, finding.Violation, finding.Unknown, finding.Exempt}

// urgent returns the findings with the most urgent first: those of a report
// are ordered by severity, so that this holds for each status.
func urgent(all []finding.Finding) []finding.Finding {
	return slices.SortedStableFunc(slices.Values(all), func(a, b finding.Finding) int {
		return cmp.Compare(slices.Index(urgency, a.Status), slices.Index(urgency, b.Status))
	})
}
