package schema

import "slices"

// Secrets lists the paths of the attributes that the provider marks sensitive,
// by names: elements of lists and sets have no step of their own, and a map that
// holds something sensitive is sensitive as a whole.
func (t Type) Secrets() [][]string {
	return t.provider.secrets(t.root, map[int][][]string{})
}

// secrets lists them below an attribute. Blocks repeat, so that seen keeps
// those of each.
func (p *Provider) secrets(a Attribute, seen map[int][][]string) [][]string {
	switch a.Kind {
	case List, Set:
		return p.secrets(*a.elem, seen)
	case Map:
		if len(p.secrets(*a.elem, seen)) > 0 {
			return [][]string{nil}
		}
	case String, Number, Bool, Dynamic:
	case Object:
		list, ok := seen[a.block]
		if ok {
			return list
		}
		for _, m := range p.members(a.block) {
			if m.Sensitive {
				list = append(list, []string{m.name})
				continue
			}
			for _, path := range p.secrets(m.Attribute, seen) {
				list = append(list, slices.Concat([]string{m.name}, path))
			}
		}
		seen[a.block] = list
		return list
	}
	return nil
}
