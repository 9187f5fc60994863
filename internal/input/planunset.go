package input

import (
	"slices"

	"github.com/parapet-dev/parapet/internal/resource"
)

// unset returns the marks of the values that are known only after apply for no
// other reason than that the configuration does not set them: the provider or
// AWS will choose. Only what is created is asked about; of what exists, silence
// means that the value stays.
func unset(r *resource.Resource, config expr) any {
	if !slices.Contains(r.Actions, resource.ActionCreate) {
		return nil
	}
	return notSet(r.Unknown, config.block())
}

// block is an expression that is known to be a block: without arguments it sets
// nothing, where an empty expression is one that refers to nothing.
func (e expr) block() expr {
	if e.members == nil {
		e.members = map[string]expr{}
	}
	return e
}

// notSet keeps of a tree of marks what the expressions do not set.
func notSet(marks any, e expr) any {
	switch m := marks.(type) {
	case map[string]any:
		if e.members == nil {
			return nil // one expression sets all of it
		}
		out := map[string]any{}
		for name, below := range m {
			member, set := e.members[name]
			switch {
			case !set || member.null:
				out[name] = below
			default:
				if rest := notSet(below, member); rest != nil {
					out[name] = rest
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	case []any:
		if len(e.elements) != len(m) {
			return nil
		}
		out, some := make([]any, len(m)), false
		for i, below := range m {
			out[i] = notSet(below, e.elements[i].block())
			some = some || out[i] != nil
		}
		if some {
			return out
		}
	}
	return nil
}
