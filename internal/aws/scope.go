package aws

import (
	"cmp"
	"slices"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Global is the region of the scopes of types that an account or an
// organization has once.
const Global = ""

// Scope is what is collected as one: a resource type in a region of an account.
type Scope struct {
	Account string // 12 digits
	Region  string // or Global
	Type    string // "aws_security_group"
}

// Compare orders scopes by account, region and type.
func (s Scope) Compare(o Scope) int {
	return cmp.Or(cmp.Compare(s.Account, o.Account), cmp.Compare(s.Region, o.Region), cmp.Compare(s.Type, o.Type))
}

// Status says how the collection of a scope ended. Whatever is not Complete is
// unknown: a policy on it may neither pass nor find a violation of absence.
type Status string

// Statuses.
const (
	Complete    Status = "complete"
	DeniedBySCP Status = "denied by SCP" // the organization's policies; an RCP counts too
	DeniedByIAM Status = "denied by IAM" // every other missing permission
	Throttled   Status = "throttled"     // still, after all retries
	Unsupported Status = "unsupported"   // the endpoint does not know the operation
	RegionOff   Status = "region off"    // the account has not enabled the region
	Failed      Status = "error"
)

// Statuses lists them all, the good one first.
var Statuses = []Status{Complete, DeniedBySCP, DeniedByIAM, Throttled, Unsupported, RegionOff, Failed}

// Outcome is what became of a scope.
type Outcome struct {
	Scope  Scope
	Status Status
	// Detail says in one line why it is not complete, or why one that is holds
	// what it does, where that needs to be said. It is the same for the same cause.
	Detail string

	// Calls is the number of requests sent, retries included. What several
	// scopes share counts for the first that asked.
	Calls int

	// Resources are sorted by address. A scope that is not complete may hold
	// those that were found before it failed.
	Resources []*resource.Resource

	// Gaps are what could not be read of single resources, sorted. A complete
	// scope may have some.
	Gaps []Gap
}

// Gap is a part of one resource that could not be read: some of its attributes,
// or a resource that belongs to it.
type Gap struct {
	Type       string   // of the resource concerned; the parent, for Related
	ID         string   // its id
	Attributes []string // paths below its values, which its Unknown marks too
	Related    string   // type of the resource that may or may not be there
	Status     Status
	Detail     string
}

func (g Gap) compare(o Gap) int {
	return cmp.Or(cmp.Compare(g.Type, o.Type), cmp.Compare(g.ID, o.ID), cmp.Compare(g.Related, o.Related),
		slices.Compare(g.Attributes, o.Attributes), cmp.Compare(g.Status, o.Status), cmp.Compare(g.Detail, o.Detail))
}

// Sink takes what is collected. Its methods are called from several goroutines
// at once. An error that it returns ends the run.
type Sink interface {
	// Enter is called once for each account before its scopes are collected,
	// with the regions that were found, and all of its scopes in order.
	Enter(a Account, scopes []Scope) error
	// Done reports whether a scope is there from an earlier run. It is not
	// collected again; an account whose scopes are all done is not signed in to.
	Done(Scope) bool
	// Put takes the outcome of a scope, once. A scope that was interrupted is
	// never put.
	Put(Outcome) error
}
