package input

import (
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/schema"
)

// markSecrets adds the marks of the provider's schema to those that the
// resources have. Plans, and what `terraform show -json` tells of a state, hold
// them already; a raw state and a configuration do not.
func markSecrets(list []*resource.Resource) error {
	provider, err := schema.AWS()
	if err != nil {
		return err
	}
	types := map[string][][]string{}
	for _, r := range list {
		paths, met := types[r.Type]
		if !met {
			if t, known := provider.Lookup(r.Type); known {
				paths = t.Secrets()
			}
			types[r.Type] = paths
		}
		for _, path := range paths {
			r.Sensitive = mergeMarks(r.Sensitive, marksAt(r.Values, path))
		}
		r.Sensitive = copyTagMarks(r.Sensitive)
	}
	return nil
}

// marksAt returns the tree that marks what stands at a path of names, in every
// element of the lists on the way; nil when nothing does.
func marksAt(v any, path []string) any {
	switch v := v.(type) {
	case []any:
		if len(path) == 0 {
			return true
		}
		marks, some := make([]any, len(v)), false
		for i, e := range v {
			marks[i] = orFalse(marksAt(e, path))
			some = some || marks[i] != false
		}
		if some {
			return marks
		}
		return nil
	case nil:
		return nil
	}
	if len(path) == 0 {
		return true
	}
	if m, ok := v.(map[string]any); ok {
		if mark := marksAt(m[path[0]], path[1:]); mark != nil {
			return map[string]any{path[0]: mark}
		}
	}
	return nil
}

// copyTagMarks marks in tags_all what is marked in tags: the AWS provider
// copies the values without their marks.
func copyTagMarks(tree any) any {
	if m, ok := tree.(map[string]any); ok && m["tags"] != nil {
		m["tags_all"] = mergeMarks(m["tags_all"], m["tags"])
	}
	return tree
}

// secretTexts returns the texts in the values of sensitive variables of the root
// module.
func (p *planFile) secretTexts() []string {
	if p.config == nil {
		return nil
	}
	var texts []string
	for name, is := range p.config.root.sensitive {
		if is {
			texts = textsIn(texts, p.variables[name])
		}
	}
	return texts
}

func textsIn(list []string, v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			list = append(list, v)
		}
	case map[string]any:
		for _, e := range v {
			list = textsIn(list, e)
		}
	case []any:
		for _, e := range v {
			list = textsIn(list, e)
		}
	}
	return list
}

// markTags marks what holds the value of a sensitive variable in tags_all: the
// AWS provider adds its default tags without their marks.
func markTags(r *resource.Resource, secrets []string) {
	if len(secrets) == 0 {
		return
	}
	for _, values := range []map[string]any{r.Values, r.Before} {
		tags, _ := values[tagsAll].(map[string]any)
		for name, v := range tags {
			if text, ok := v.(string); ok && holdsAny(text, secrets) {
				r.Sensitive = mergeMarks(r.Sensitive, map[string]any{tagsAll: map[string]any{name: true}})
			}
		}
	}
}

// marks reads a tree of marks and keeps only what leads to a true.
func (s *scanner) marks() (any, error) {
	v, err := s.value()
	return pruneMarks(v), err
}

// pruneMarks drops what marks nothing, and completes the marks with those that
// the provider loses. List elements keep their position.
func pruneMarks(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return true
		}
	case map[string]any:
		for k, e := range v {
			if m := pruneMarks(e); m == nil {
				delete(v, k)
			} else {
				v[k] = m
			}
		}
		if len(v) > 0 {
			return copyTagMarks(v)
		}
	case []any:
		some := false
		for i, e := range v {
			m := pruneMarks(e)
			some = some || m != nil
			if m == nil {
				m = false
			}
			v[i] = m
		}
		if some {
			return v
		}
	}
	return nil
}

// mergeMarks returns what either tree marks. Lists are merged by position,
// which can only mark too much when elements moved.
func mergeMarks(a, b any) any {
	if b == nil || a == true {
		return a
	}
	if a == nil || a == false || b == true {
		return b
	}
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			for k, e := range b {
				a[k] = mergeMarks(a[k], e)
			}
			return a
		}
	case []any:
		if b, ok := b.([]any); ok {
			for i, e := range b {
				if i < len(a) {
					a[i] = mergeMarks(a[i], e)
				} else {
					a = append(a, e)
				}
			}
			return a
		}
	}
	return a
}
