// Package exception owns the exceptions file: who is exempt from which
// policies, why, by whose word and until when. One file serves gates, where a
// finding becomes exempt, and guardrails, where a statement lets identities
// through.
package exception

import "time"

// Record is one exception. Principals, PermissionSets, PrincipalTags, Accounts
// and OrgPaths are alternatives: an identity that any of them names is exempt.
// Policies and Resources limit the record: it holds for those policies only,
// and, when Resources is not empty, for those resources only.
type Record struct {
	ID             string              // key in the file
	Policies       []string            // policy ids; * matches any run of characters
	Principals     []string            // ARNs of roles, users or federated users; wildcards allowed
	PermissionSets []string            // IAM Identity Center permission set names
	PrincipalTags  map[string][]string // tag key → accepted values
	Accounts       []string            // 12 digits
	OrgPaths       []string            // o-…/r-…/ou-…/*
	Resources      []string            // addresses (gates) or ARNs (both); wildcards allowed
	Reason         string
	Owner          string
	Ticket         string
	Expires        time.Time // first instant at which it no longer holds, UTC; zero: never ends
}
