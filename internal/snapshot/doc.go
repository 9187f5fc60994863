// Package snapshot stores live cloud state: a directory of compressed shards
// and a manifest. It knows nothing of clouds; it keeps what it is given, whole
// or not at all.
//
//	snap/manifest.json          what was asked, and how every scope ended
//	snap/shards/<sha256>.gz     the resources of one scope, a JSON object a line
//	snap/journal.jsonl          while it is being written: the scopes that ended
//	snap/run.json               when and how it was made; no part of the content
//
// A scope is one resource type in one account and Region. Every scope that was
// asked for has a status: what could not be read is said, never left out.
//
// The manifest is written last and takes its name in one step, so that a
// directory without it is unfinished and refused by [Read]. A run that was
// killed leaves the journal; [Resume] reads it and goes on. The content
// (manifest and shards) depends only on what was collected, not on the order,
// the time or the number of attempts.
package snapshot

import (
	"cmp"
	"slices"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Schema names the version of the format.
const Schema = "parapet.snapshot/v1"

// Status is how the collection of a scope ended.
type Status string

// Statuses. Only Complete means that all resources of the scope are there.
const (
	Complete    Status = "complete"
	DeniedBySCP Status = "denied by SCP"
	DeniedByIAM Status = "denied by IAM"
	Throttled   Status = "throttled"   // past every retry
	Unsupported Status = "unsupported" // the service or its endpoint does not know the call
	RegionOff   Status = "region off"  // the account has not enabled the Region
	Failed      Status = "error"       // anything else
)

// Statuses lists every status, Complete first.
var Statuses = []Status{Complete, DeniedBySCP, DeniedByIAM, Throttled, Unsupported, RegionOff, Failed}

// Scope is one resource type in one account and Region.
type Scope struct {
	Account string `json:"account"` // 12 digits
	Region  string `json:"region"`  // empty for what is the same in all Regions
	Type    string `json:"type"`
}

func (s Scope) compare(o Scope) int {
	return cmp.Or(cmp.Compare(s.Account, o.Account), cmp.Compare(s.Region, o.Region), cmp.Compare(s.Type, o.Type))
}

// Entry is a scope that ended.
type Entry struct {
	Scope
	Status    Status `json:"status"`
	Detail    string `json:"detail,omitempty"` // why it is not complete, or complete and empty
	Resources int    `json:"resources"`
	Shard     string `json:"shard,omitempty"` // name of the file; none without resources
	Gaps      []Gap  `json:"gaps,omitempty"`
}

// Gap is a part of one resource that could not be read: some of its attributes,
// or a resource that belongs to it.
type Gap struct {
	Type       string   `json:"type"` // of the resource concerned; of the parent, for Related
	ID         string   `json:"id"`
	Attributes []string `json:"attributes,omitempty"`
	Related    string   `json:"related,omitempty"` // type of the resource that may or may not be there
	Status     Status   `json:"status"`
	Detail     string   `json:"detail,omitempty"`
}

// Account is an account that was entered, with the Regions that it has.
type Account struct {
	ID      string   `json:"id"`
	Name    string   `json:"name,omitempty"`
	Path    []string `json:"path,omitempty"` // ids of the root and the OUs above it
	Regions []string `json:"regions"`

	// Unlisted says with which status and why its Regions could not be listed: it
	// may have others. Every type of a Region has a scope without one then.
	Unlisted *Unlisted `json:"unlisted,omitempty"`

	// Management says that it is known to manage its organization.
	Management bool `json:"management,omitempty"`
}

// Unlisted is why the Regions of an account could not be listed.
type Unlisted struct {
	Status Status `json:"status"`
	Detail string `json:"detail"`
}

// Type says what the collector knows of a resource type.
type Type struct {
	// Filled lists the attributes that are read; see [resource.Resource.Filled].
	Filled []string `json:"filled"`
	// ConfigOnly, Overlap and Volatile list those that have no live value of their
	// own, those that other types hold too, and those that move by themselves: they
	// are no drift.
	ConfigOnly []string `json:"config_only,omitempty"`
	Overlap    []string `json:"overlap,omitempty"`
	Volatile   []string `json:"volatile,omitempty"`
	// StandsFor lists the types that mean the same live things.
	StandsFor []string `json:"stands_for,omitempty"`
}

// Request is what a snapshot was asked to hold. Resuming with another request
// is refused, since the result would be neither.
type Request struct {
	Partition string   `json:"partition"`
	Accounts  []string `json:"accounts"`
	Regions   []string `json:"regions"` // empty: all that an account has enabled
	Types     []string `json:"types"`
}

// Manifest describes a finished snapshot.
type Manifest struct {
	Schema   string          `json:"schema"`
	Tool     string          `json:"tool"` // name and version of the program
	Request  Request         `json:"request"`
	Types    map[string]Type `json:"types"`
	Accounts []Account       `json:"accounts"`
	Notes    []string        `json:"notes,omitempty"` // what the collector left out on purpose
	Scopes   []Entry         `json:"scopes"`
}

// Incomplete returns the scopes that were not read whole.
func (m Manifest) Incomplete() []Entry {
	var list []Entry
	for _, e := range m.Scopes {
		if e.Status != Complete {
			list = append(list, e)
		}
	}
	return list
}

// line is a resource as a shard holds it. What the scope and the manifest say
// is not repeated.
type line struct {
	Name      string         `json:"name,omitempty"`
	Address   string         `json:"address"`
	ID        string         `json:"id,omitempty"`
	ARN       string         `json:"arn,omitempty"`
	Values    map[string]any `json:"values"`
	Sensitive any            `json:"sensitive,omitempty"`
	Unknown   any            `json:"unknown,omitempty"`
	Filled    *[]string      `json:"filled,omitempty"` // where it is not its type's
	Unread    []string       `json:"unread,omitempty"`
}

func lineOf(r *resource.Resource, t Type) line {
	l := line{r.Name, r.Address, r.ID, r.ARN, r.Values, r.Sensitive, r.Unknown, nil, r.Unread}
	if !slices.Equal(r.Filled, t.Filled) {
		own := slices.Clone(r.Filled)
		if own == nil {
			own = []string{}
		}
		l.Filled = &own
	}
	return l
}
