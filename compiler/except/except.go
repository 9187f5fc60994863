// Package except works exceptions into guardrail statements.
//
// A statement denies when its condition C holds and no exception does. An
// exception is a conjunction: identity I, before time T, on resources R. So the
// deny is C and, for every exception, (not I, or T is past, or not on R).
//
//   - Every identity is an atom with a negated operator, which stays true when
//     its key is missing. Negated atoms in one Condition are ANDed, so any
//     number of plain exceptions costs one statement.
//   - T and R are worked out by expansion. Deadlines are nested: d of them make
//     d + 1 statements, each from one deadline on, exempting the identities that
//     still hold there. Distinct resource lists make one statement for every
//     set of lists left out (NotResource), exempting those whose list is not.
//   - A statement that exempts what a wider one exempts adds nothing, and goes.
//
// No positive identity condition is ever needed, so overlapping records stay
// right. The emitted Terraform module has the same expansion in HCL
// (compiler/emit/static/documents), and a test compares the two byte for byte.
package except

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// MaxLists is how many distinct lists of resources one guardrail takes. Every
// list doubles its statements.
const MaxLists = 4

// Options tell New what the records themselves do not.
type Options struct {
	Now           time.Time // records that ended by then are left out
	ProtectedTags []string  // principal tag keys that exceptions may rely on; see [ProtectedTags]
}

// Record is an exception in the form in which it is worked in.
type Record struct {
	ID        string
	Policies  []string // globs of policy ids
	Resources []string // ARN patterns, sorted; empty: all
	Until     string   // first instant at which it no longer holds, 2006-01-02T15:04:05Z; empty: never
	Source    exception.Record

	atoms []atom // what excludes the record's identities, all of it
}

// atom is one negated condition on one key with one value.
type atom struct{ operator, key, value string }

// Set is the exceptions of one module, checked.
type Set struct{ records []Record }

// New checks the records and brings them into the form in which they are
// worked in. What is refused is an error; what has no place in a guardrail, or
// no longer has one, is a warning and left out.
func New(records []exception.Record, o Options) (Set, diag.Diagnostics) {
	var set Set
	var ds diag.Diagnostics
	for _, r := range records {
		resources, gate := guardrailResources(r.Resources)
		switch {
		case !r.Expires.IsZero() && !r.Expires.After(o.Now):
			ds = append(ds, diag.Warningf("exception-expired", "exception %s ended at %s and is left out", r.ID, instant(r.Expires)).
				WithHint("remove it, or have %s renew it", cmp.Or(r.Owner, "its owner")))
			continue
		case gate:
			ds = append(ds, diag.Warningf("exception-gate-only", "exception %s names resources by Terraform address only, so it holds for gates and not for guardrails", r.ID).
				WithHint("an IAM request knows ARNs: add ARN patterns to resources"))
			continue
		case !hasIdentity(r) && len(resources) > 0 && r.Expires.IsZero():
			ds = append(ds, diag.Warningf("exception-gate-only", "exception %s names no identity, so it holds for gates and not for guardrails", r.ID).
				WithHint("add principals, permission_sets, principal_tags, accounts or org_paths"))
			continue
		}
		refused := refuse(r, resources, o)
		ds = append(ds, refused...)
		if !refused.HasErrors() {
			set.records = append(set.records, normalise(r, resources))
		}
	}
	slices.SortFunc(set.records, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
	ds.Sort()
	return set, ds
}

// Records returns the records in force, sorted by id.
func (s Set) Records() []Record { return slices.Clone(s.records) }

// Without returns the set without one record.
func (s Set) Without(id string) Set {
	return Set{slices.DeleteFunc(slices.Clone(s.records), func(r Record) bool { return r.ID == id })}
}

// For returns the records that reach a guardrail, sorted by id.
func (s Set) For(guardrail string) []Record {
	return slices.DeleteFunc(slices.Clone(s.records), func(r Record) bool { return !r.Reaches(guardrail) })
}

// Reaches reports whether the record names the guardrail.
func (r Record) Reaches(guardrail string) bool {
	return slices.ContainsFunc(r.Policies, func(p string) bool { return iam.Match(p, guardrail) })
}

// guardrailResources keeps the ARN patterns of a record's resources. gate says
// that there were resources but no ARN among them. A lone "*" is no limit.
func guardrailResources(resources []string) (arns []string, gate bool) {
	if slices.Contains(resources, "*") {
		return nil, false
	}
	for _, r := range resources {
		if strings.HasPrefix(r, "arn:") {
			arns = append(arns, r)
		}
	}
	return unique(arns), len(resources) > 0 && len(arns) == 0
}

// ssoRole begins the ARN pattern of the roles that IAM Identity Center makes
// for a permission set. A path with the region follows, or none when Identity
// Center lives in us-east-1, hence the "*" before the name; the name ends in 16
// hexadecimal digits, and their fixed width keeps Admin from meaning
// Admin_Extra too. ArnLike takes "*" for the partition, as AWS's own Control
// Tower policies use it (arn:*:iam::*:role/AWSControlTowerExecution), so one
// pattern serves every partition.
const (
	ssoRole   = "arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_"
	ssoSuffix = "_????????????????"
)

// normalise turns an accepted record into negated atoms and limits.
func normalise(r exception.Record, resources []string) Record {
	out := Record{ID: r.ID, Policies: unique(r.Policies), Resources: resources, Until: instant(r.Expires), Source: r}
	for _, p := range r.Principals {
		out.atoms = append(out.atoms, atom{"ArnNotLike", principalARN, p})
	}
	for _, p := range r.PermissionSets {
		out.atoms = append(out.atoms, atom{"ArnNotLike", principalARN, ssoRole + p + ssoSuffix})
	}
	for _, a := range r.Accounts {
		out.atoms = append(out.atoms, atom{"StringNotEquals", principalAccount, a})
	}
	for _, p := range r.OrgPaths {
		out.atoms = append(out.atoms, atom{"ForAllValues:StringNotLike", principalOrgPaths, p})
	}
	for _, k := range slices.Sorted(maps.Keys(r.PrincipalTags)) {
		for _, v := range r.PrincipalTags[k] {
			out.atoms = append(out.atoms, atom{"StringNotEquals", principalTag + k, v})
		}
	}
	return out
}

// The condition keys that identities are told by, and the clock.
const (
	principalARN      = "aws:PrincipalArn"
	principalAccount  = "aws:PrincipalAccount"
	principalOrgPaths = "aws:PrincipalOrgPaths"
	principalTag      = "aws:PrincipalTag/"
	currentTime       = "aws:CurrentTime"
)

func hasIdentity(r exception.Record) bool {
	return len(r.Principals)+len(r.PermissionSets)+len(r.PrincipalTags)+len(r.Accounts)+len(r.OrgPaths) > 0
}

// instant writes a time as IAM and Terraform read it, in whole seconds: an
// exception rather ends a moment early than late. The zero time gives "".
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z")
}

// unique returns a sorted copy without duplicates.
func unique(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
