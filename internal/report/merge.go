package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
)

// row is what the table shows in one line: a finding, or all those of a policy
// which say that a type was not read, for the same reason.
type row struct {
	first   finding.Finding
	subject string
	places  string // the accounts and Regions of several findings
}

// maxAccounts is how many accounts a row names: an organization has hundreds.
const maxAccounts = 4

// merge makes the rows of a group, in its order.
func merge(group []finding.Finding) []row {
	var rows []row
	scopes := map[string][]finding.Finding{}
	key := func(f finding.Finding) string { return f.Resource.Type + "\x00" + f.Message }
	for _, f := range group {
		if unreadScope(f) {
			scopes[key(f)] = append(scopes[key(f)], f)
		}
	}
	for _, f := range group {
		all := scopes[key(f)]
		switch {
		case !unreadScope(f) || len(all) == 1:
			rows = append(rows, row{first: f, subject: Subject(f)})
		case len(all) > 1:
			rows = append(rows, row{first: f, subject: fmt.Sprintf("%s in %s", clean(f.Resource.Type), count(len(all), "scope")), places: places(all)})
			scopes[key(f)] = nil
		}
	}
	return rows
}

// unreadScope reports whether a finding is about a type in an account and
// Region, and no resource of it.
func unreadScope(f finding.Finding) bool {
	r := f.Resource
	return f.Status == finding.Unknown && r.Live() && r.Address == "" && r.ARN == nil && r.ID == nil
}

// places lists accounts with their Regions.
func places(all []finding.Finding) string {
	var accounts []string
	regions := map[string][]string{}
	for _, f := range all {
		account := deref(f.Resource.Account)
		if !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
		if region := deref(f.Resource.Region); region != "" {
			regions[account] = append(regions[account], region)
		}
	}
	var parts []string
	for _, a := range accounts[:min(len(accounts), maxAccounts)] {
		parts = append(parts, clean(strings.TrimSpace(a+" "+strings.Join(regions[a], ", "))))
	}
	if more := len(accounts) - maxAccounts; more > 0 {
		parts = append(parts, "and "+count(more, "account")+" more")
	}
	return strings.Join(parts, "; ")
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
