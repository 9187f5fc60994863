package exception

import (
	"slices"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Target is what a gate knows of a finding: no caller, since nobody has asked
// for anything yet.
type Target struct {
	Policy  string // id
	Address string // in the Terraform code; may be empty
	ARN     string // may be empty
	Account string // may be empty
}

// InForce reports whether the record holds at an instant.
func (r Record) InForce(now time.Time) bool {
	return r.Expires.IsZero() || now.Before(r.Expires)
}

// CoversPolicy reports whether the record names the policy.
func (r Record) CoversPolicy(id string) bool {
	return slices.ContainsFunc(r.Policies, func(glob string) bool { return match(glob, id) })
}

// NamesIdentities reports whether the record names any identity.
func (r Record) NamesIdentities() bool {
	return r.namesCallers() || len(r.Accounts) > 0
}

// namesCallers reports whether the record names identities that only a request
// has.
func (r Record) namesCallers() bool {
	return len(r.Principals) > 0 || len(r.PermissionSets) > 0 || len(r.PrincipalTags) > 0 || len(r.OrgPaths) > 0
}

// Covers reports whether the record exempts a finding at an instant.
//
// A gate sees no caller, so what a record says of callers cannot be tested. A
// record that names resources exempts findings on those: someone has said that
// these resources may be so. One that names accounts and no other identity
// holds for findings in those accounts. A record that names only callers is
// for guardrails and exempts no finding.
func (r Record) Covers(t Target, now time.Time) bool {
	if !r.InForce(now) || !r.CoversPolicy(t.Policy) {
		return false
	}
	if len(r.Resources) == 0 && r.namesCallers() {
		return false
	}
	if len(r.Accounts) > 0 && !r.namesCallers() && !slices.Contains(r.Accounts, t.Account) {
		return false
	}
	if len(r.Resources) == 0 {
		return len(r.Accounts) > 0
	}
	return slices.ContainsFunc(r.Resources, func(glob string) bool {
		return t.Address != "" && match(glob, t.Address) || t.ARN != "" && match(glob, t.ARN)
	})
}

// Find returns the first record that exempts a finding.
func Find(records []Record, t Target, now time.Time) (Record, bool) {
	for _, r := range records {
		if r.Covers(t, now) {
			return r, true
		}
	}
	return Record{}, false
}

// Expired warns of every record that no longer holds: it should be removed or
// renewed, not forgotten.
func Expired(records []Record, file string, now time.Time) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, r := range records {
		if !r.InForce(now) {
			ds = append(ds, diag.Warningf("exception-expired", "exception %q expired on %s", r.ID, r.Expires.Format(time.RFC3339)).
				At(diag.Place{File: file}).
				WithDetail("It exempts nothing any more. Its owner is %s.", r.Owner).
				WithHint("remove it, or renew it with a new reason"))
		}
	}
	return ds
}

// Idle warns of every policy that a record names and that does not exist, going
// by what names reports of a glob: a misspelt one exempts nothing, and nobody
// would notice.
func Idle(records []Record, file string, names func(glob string) bool) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, r := range records {
		for _, glob := range r.Policies {
			if !names(glob) {
				ds = append(ds, diag.Warningf("exception-matches-nothing", "exception %q names %q, which matches no policy", r.ID, glob).
					At(diag.Place{File: file}).WithDetail("It exempts nothing.").
					WithHint("`parapet policy list` shows the ids"))
			}
		}
	}
	return ds
}

// Unused warns of every record in force that could exempt findings of the
// policies with these ids, and that no finding needed: what it lets pass is
// gone. Used holds the ids of the records that were needed.
func Unused(records []Record, used map[string]bool, file string, ids []string, now time.Time) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, r := range records {
		forGates := len(r.Resources) > 0 || len(r.Accounts) > 0 && !r.namesCallers()
		if used[r.ID] || !forGates || !r.InForce(now) || !slices.ContainsFunc(ids, r.CoversPolicy) {
			continue
		}
		ds = append(ds, diag.Warningf("exception-unused", "exception %q exempts nothing in this run", r.ID).
			At(diag.Place{File: file}).
			WithDetail("No violation needs it. Its owner is %s.", r.Owner).
			WithHint("remove it, unless another input needs it"))
	}
	return ds
}

// match reports whether the glob matches all of s; * stands for any run of
// characters, ? for one.
func match(glob, s string) bool {
	star, back := -1, 0
	g, i := 0, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, back = g, i
			g++
		case g < len(glob) && (glob[g] == s[i] || glob[g] == '?'):
			g++
			i++
		case star >= 0:
			back++
			g, i = star+1, back
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
