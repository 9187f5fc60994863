package drift

import (
	"fmt"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Index finds resources by what identifies them.
type Index struct {
	byKey map[string][]*resource.Resource
	apart map[string]bool               // resources whose parts are resources of their own, by the parts' type
	roots map[string]*resource.Resource // instances, by the id of their root volume
}

// NewIndex indexes resources of any origin. What a plan deletes is not there.
func NewIndex(resources []*resource.Resource) *Index {
	x := &Index{byKey: map[string][]*resource.Resource{}, apart: map[string]bool{}, roots: map[string]*resource.Resource{}}
	for _, r := range resources {
		if r.Deleted() {
			continue
		}
		for _, k := range keys(r) {
			x.byKey[k] = append(x.byKey[k], r)
		}
		if root, ok := resource.Lookup(r.Values, resource.Path{"root_block_device", 0, "volume_id"}); ok && r.Type == "aws_instance" {
			x.roots[text(root)] = r
		}
		for _, o := range overlaps {
			if o.by == r.Type {
				x.apart[r.Type+"\x00"+text(r.Values[o.via])] = true
			}
		}
	}
	return x
}

// Owner returns the resource of the code that manages a live one: itself, or what
// holds it as a block; nil when none does. It is not sure when several could be
// meant, and then returns none of them.
func (x *Index) Owner(live *resource.Resource) (owner *resource.Resource, sure bool) {
	o, several := x.find(live)
	if o != nil || several {
		return o, !several
	}
	return x.holder(live), true
}

// Find returns the resource of the index that is the same thing as r; nil when
// there is none, or when several could be meant. The surest key that finds
// anything decides.
func (x *Index) Find(r *resource.Resource) *resource.Resource {
	found, _ := x.find(r)
	return found
}

// find is Find, and tells whether several could be meant.
func (x *Index) find(r *resource.Resource) (found *resource.Resource, several bool) {
	for _, k := range keys(r) {
		for _, o := range x.byKey[k] {
			if near(r.Account, o.Account) && near(r.Region, o.Region) {
				several = several || found != nil && found != o
				found = o
			}
		}
		if several {
			return nil, true
		}
		if found != nil {
			return found, false
		}
	}
	return nil, false
}

// near reports whether two names may mean the same; an empty one may mean any.
func near(a, b string) bool { return a == "" || b == "" || a == b }

// keys returns what identifies a resource, surest first: its ARN, its natural
// key where its id is of Terraform's making, its id, its natural key.
func keys(r *resource.Resource) []string {
	var list []string
	add := func(by, value string) {
		if value != "" {
			list = append(list, kind(r.Type)+"\x00"+by+"\x00"+value)
		}
	}
	arn := r.ARN
	if arn == "" {
		arn, _ = r.Values["arn"].(string)
	}
	id := r.ID
	if id == "" {
		id, _ = r.Values["id"].(string)
	}
	natural := naturalKey(r)
	add("arn", arn)
	if !madeUp[r.Type] {
		add("id", id)
	}
	add("key", natural)
	return list
}

// naturalKey joins the attributes that identify a resource of the type; empty
// when one of them is missing.
func naturalKey(r *resource.Resource) string {
	attributes, known := naturalKeys[kind(r.Type)]
	if !known {
		for _, a := range commonKeys {
			if v := text(r.Values[a]); v != "" {
				return a + "=" + v
			}
		}
		return ""
	}
	if len(attributes) == 0 {
		return "the only one" // of its account and Region
	}
	parts := make([]string, 0, len(attributes))
	for _, a := range attributes {
		optional := strings.HasSuffix(a, "?")
		a = strings.TrimSuffix(a, "?")
		v := text(r.Values[a])
		if v == "" && !optional {
			return ""
		}
		parts = append(parts, a+"="+v)
	}
	return strings.Join(parts, ",")
}

// text is the text of a scalar; empty for anything else.
func text(v any) string {
	switch v := v.(type) {
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}
