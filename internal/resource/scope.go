package resource

import (
	"cmp"
	"slices"
)

// Scope is what a collector reads in one go: the resources of one type in one
// account and Region.
type Scope struct {
	Type    string
	Account string // 12 digits; empty: not known, so that it may be any
	Region  string // empty: of a global service, or not known
	// Status says how far the reading came, in words for people: "denied by IAM",
	// "throttled".
	Status string
}

func sortScopes(list []Scope) []Scope {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Scope) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Region, b.Region), cmp.Compare(a.Status, b.Status))
	})
	return slices.Compact(out)
}

// Incomplete returns the scopes that were not read whole, sorted. The slice
// must not be changed.
func (s *Set) Incomplete() []Scope { return s.incomplete }

// statusUnread is the status of a related type that could not be read for one
// resource. What stands in the way is in the snapshot's manifest.
const statusUnread = "could not be read for this resource"

// NotRead returns what may hide resources that are related to r: the types that
// could not be read for it, and the scopes that were not read whole and that
// nothing known keeps apart from r. It returns nothing for all but live state.
func (s *Set) NotRead(r *Resource) []Scope {
	if len(r.Unread) == 0 && len(s.incomplete) == 0 {
		return nil
	}
	var list []Scope
	for _, t := range r.Unread {
		list = append(list, Scope{Type: t, Account: r.Account, Region: r.Region, Status: statusUnread})
	}
	for _, c := range s.incomplete {
		if mayMeet(c.Account, r.Account) && mayMeet(c.Region, r.Region) {
			list = append(list, c)
		}
	}
	return sortScopes(list)
}
