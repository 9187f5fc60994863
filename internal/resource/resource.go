// Package resource owns the Terraform-shaped model that everything else agrees
// on: one [Resource] per object, from a plan, a configuration, a state or a
// cloud snapshot, and a [Set] of them with their references.
//
// Values follow the AWS provider's schema: attribute names are the provider's,
// nested blocks are lists of objects. Nulls are dropped when a resource is
// loaded, since Rego treats null and missing differently where authors mean
// the same. What is known only after apply is not in Values; Unknown marks it.
package resource

import "strings"

// Origin says where a resource was read.
type Origin string

// Origins.
const (
	OriginPlan     Origin = "plan"
	OriginConfig   Origin = "config"
	OriginState    Origin = "state"
	OriginSnapshot Origin = "snapshot"
)

// Action is what a plan does to a resource, in Terraform's words.
type Action string

// Actions of a plan. A replacement is delete and create, in the plan's order.
const (
	ActionNoOp   Action = "no-op"
	ActionCreate Action = "create"
	ActionRead   Action = "read"
	ActionUpdate Action = "update"
	ActionDelete Action = "delete"
	ActionForget Action = "forget"
)

// Source is a place in the Terraform code: that of an attribute of a resource
// where it is known, else that of its block. Lines begin at 1.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// Modules are the calls of the modules that hold the resource, outermost
	// first; none in the root module.
	Modules []ModuleCall `json:"modules,omitempty"`
}

// ModuleCall is the place of a module block.
type ModuleCall struct {
	Name string `json:"name"` // label of the block
	File string `json:"file"`
	Line int    `json:"line"`
}

// Resource is one Terraform-shaped object. An empty string stands for null in
// ID, ARN, Account, Region and Partition.
type Resource struct {
	Type      string // provider's resource type: "aws_instance"
	Name      string // label in the configuration, or a name from the cloud
	Address   string // "module.app.aws_instance.web[0]"
	Provider  string // source address of the provider, where known
	ID        string
	ARN       string
	Account   string // 12 digits
	Region    string
	Partition string
	Origin    Origin
	Actions   []Action
	Values    map[string]any // known values, nulls dropped
	Before    map[string]any // values before the change, nulls dropped
	Unknown   any            // true, or a tree of maps and lists with true at what is known after apply
	Unset     any            // the same shape: the part of Unknown that the configuration does not set
	Sensitive any            // the same shape, for what must never be printed
	Source    *Source        // nil when not known

	// Filled lists the attributes that a collector fills, by path below Values
	// with [] for any element: "metadata_options[].http_tokens" or, for all that
	// is below it, "metadata_options". What is not at or below one of them is
	// unknown. Nil means that all is filled, which holds for all but live state.
	Filled []string
	// Unread lists the types of related resources that could not be read for
	// this resource: whether it has such a one is unknown.
	Unread []string

	// Refs are the addresses of the resources that this one refers to in its
	// configuration, sorted: exact instance addresses where the reference names
	// one, else the address without instance key, which means every instance.
	Refs []string
}

// Deleted reports whether the plan leaves nothing of the resource in the hands of
// Terraform: it is deleted, or forgotten by a removed block that keeps it. The
// code has neither.
func (r *Resource) Deleted() bool {
	return len(r.Actions) == 1 && (r.Actions[0] == ActionDelete || r.Actions[0] == ActionForget)
}

// Document is the JSON object that a policy sees as input.resource. The
// values are shared with r and must not be changed.
func (r *Resource) Document() map[string]any {
	actions := make([]any, len(r.Actions))
	for i, a := range r.Actions {
		actions[i] = string(a)
	}
	doc := map[string]any{
		"type":      r.Type,
		"name":      r.Name,
		"address":   r.Address,
		"id":        nullable(r.ID),
		"arn":       nullable(r.ARN),
		"account":   nullable(r.Account),
		"region":    nullable(r.Region),
		"partition": nullable(r.Partition),
		"origin":    string(r.Origin),
		"actions":   actions,
		"values":    object(r.Values),
	}
	if r.Before != nil {
		doc["before"] = object(r.Before)
	}
	return doc
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func object(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// StripInstanceKeys removes every [key] from an address:
// module.app["a"].aws_instance.web[0] becomes module.app.aws_instance.web.
func StripInstanceKeys(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case depth > 0 && c == '"':
			quoted = true
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// DropNulls returns v without object members that are null, at any depth. List
// elements that are null stay, since their position has a meaning. Maps are
// changed in place.
func DropNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
				continue
			}
			v[k] = DropNulls(e)
		}
		return v
	case []any:
		for i, e := range v {
			v[i] = DropNulls(e)
		}
		return v
	}
	return v
}

// DropEmpty removes the attributes whose value is the empty text, which is how
// the provider's state writes what is not set: "not permissions_boundary" means
// it as much as a missing one. Members of maps, such as tags, stay: there an
// empty text is a value. A map is an object that is no element of a list, since
// blocks are lists of objects.
func DropEmpty(values map[string]any) {
	for k, v := range values {
		switch v := v.(type) {
		case string:
			if v == "" {
				delete(values, k)
			}
		case []any:
			for _, e := range v {
				if block, ok := e.(map[string]any); ok {
					DropEmpty(block)
				}
			}
		}
	}
}
