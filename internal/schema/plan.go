package schema

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// place is a place in a plan: an object with known members, or a list or map of
// things alike. A nil place may hold anything.
type place struct {
	members map[string]*place
	each    *place
	any     bool // each may be anything too
}

// planFormat is what terraform show -json prints of a plan, format 1.2.
// https://developer.hashicorp.com/terraform/internals/json-format
var planFormat = sync.OnceValue(func() *place {
	object := func(known map[string]*place, plain ...string) *place {
		p := &place{members: map[string]*place{}}
		maps.Copy(p.members, known)
		for _, name := range plain {
			p.members[name] = nil
		}
		return p
	}
	each := func(of *place) *place { return &place{each: of, any: of == nil} }
	change := object(nil, "actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive",
		"replace_paths", "importing", "generated_config", "before_identity", "after_identity")
	changed := object(map[string]*place{"change": change}, "address", "previous_address", "module_address", "mode", "type",
		"name", "index", "deposed", "provider_name", "action_reason", "action_invocations")
	values := object(map[string]*place{
		"outputs": each(object(nil, "sensitive", "type", "value")),
		"root_module": module("child_modules", each, object, object(nil, "address", "mode", "type", "name", "index", "provider_name",
			"schema_version", "values", "sensitive_values", "depends_on", "tainted", "deposed_key", "identity", "identity_schema_version")),
	})
	configured := object(map[string]*place{
		"resources": each(object(nil, "address", "mode", "type", "name", "provider_config_key", "provisioners", "expressions",
			"schema_version", "count_expression", "for_each_expression", "depends_on")),
		"outputs":   each(object(nil, "sensitive", "ephemeral", "deprecated", "expression", "description", "depends_on")),
		"variables": each(object(nil, "type", "default", "description", "sensitive", "ephemeral", "deprecated", "nullable")),
	}, "actions")
	call := object(nil, "source", "expressions", "count_expression", "for_each_expression", "version_constraint", "depends_on")
	call.members["module"] = configured
	configured.members["module_calls"] = each(call)
	return object(map[string]*place{
		"variables":           each(object(nil, "value", "deprecated")),
		"planned_values":      values,
		"resource_changes":    each(changed),
		"resource_drift":      each(changed),
		"deferred_changes":    each(object(map[string]*place{"resource_change": changed}, "reason")),
		"output_changes":      each(change),
		"prior_state":         object(map[string]*place{"values": values}, "format_version", "terraform_version", "checks", "sensitive_values"),
		"configuration":       object(map[string]*place{"root_module": configured, "provider_config": each(nil)}),
		"relevant_attributes": each(object(nil, "resource", "attribute")),
	}, "format_version", "terraform_version", "checks", "timestamp", "applyable", "complete", "errored",
		"action_invocations", "deferred_action_invocations")
})

// module is a module of planned values, which holds more of its kind.
func module(children string, each func(*place) *place, object func(map[string]*place, ...string) *place, resource *place) *place {
	m := object(map[string]*place{"resources": each(resource)}, "address")
	m.members[children] = each(m)
	return m
}

// CheckPlan returns the error of a path that leads nowhere in the JSON of any
// plan, or nil. An empty step stands for any member or element.
func CheckPlan(path []string) *Error {
	at := planFormat()
	done := Path{}
	for _, step := range path {
		if at == nil {
			return nil
		}
		next, known := at.each, at.each != nil || at.any
		if !known && step != "" {
			next, known = at.members[step]
		} else if !known {
			return nil // any member of an object
		}
		if !known {
			return at.unknown(done, step)
		}
		if step == "" {
			done = append(done, Any)
		} else {
			done = append(done, step)
		}
		at = next
	}
	return nil
}

func (p *place) unknown(above Path, name string) *Error {
	e := &Error{Path: slices.Concat(above, Path{name}), Problem: fmt.Sprintf("a plan has no %s", name)}
	if len(above) > 0 {
		e.Problem = fmt.Sprintf("%s has no %s in a plan", above, name)
	}
	if s := Nearest(name, slices.Sorted(maps.Keys(p.members))); s != "" {
		e.Suggest = slices.Concat(above, Path{s}).String()
	}
	return e
}
