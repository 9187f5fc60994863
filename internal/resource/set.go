package resource

import (
	"cmp"
	"slices"
)

// Set is a collection of resources with their references resolved. It is
// read-only once built and safe for concurrent use.
type Set struct {
	all        []*Resource
	byType     map[string][]*Resource
	related    map[*Resource][]*Resource
	incomplete []Scope
}

// NewSet sorts the resources by address, then type and id, and joins those that
// refer to each other: through Refs while ids are unknown, and through ids,
// ARNs and names that appear in another resource's values. Scopes that were not
// read whole are incomplete: there may be resources of which the set knows
// nothing.
func NewSet(resources []*Resource, incomplete ...Scope) *Set {
	s := &Set{
		all:        slices.Clone(resources),
		byType:     map[string][]*Resource{},
		related:    map[*Resource][]*Resource{},
		incomplete: sortScopes(incomplete),
	}
	slices.SortStableFunc(s.all, func(a, b *Resource) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	for _, r := range s.all {
		s.byType[r.Type] = append(s.byType[r.Type], r)
	}
	s.join()
	return s
}

// All returns every resource in order. The slice must not be changed.
func (s *Set) All() []*Resource { return s.all }

// Len returns the number of resources.
func (s *Set) Len() int { return len(s.all) }

// OfType returns the resources of one type in order.
func (s *Set) OfType(t string) []*Resource { return s.byType[t] }

// Related returns the resources that refer to r or that r refers to, in order.
func (s *Set) Related(r *Resource) []*Resource { return s.related[r] }

// Input is the document that a policy sees for r: the resource and what it is
// related to, by type.
func (s *Set) Input(r *Resource) map[string]any {
	related := map[string]any{}
	for _, o := range s.related[r] {
		list, _ := related[o.Type].([]any)
		related[o.Type] = append(list, o.Document())
	}
	return map[string]any{"resource": r.Document(), "related": related}
}
