package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// access is a path below input as a policy writes it: strings name members,
// ints list elements, and anyStep stands for a key that is not constant.
type access []any

type wildcard struct{}

var anyStep = wildcard{}

// chosen is a constant step that a variable holds: tags[t] for some t in
// ["Owner"]. It reads what the constant reads, but it is evaluated as a
// variable, which matters to partial evaluation.
type chosen struct{ step any }

// plain returns a without the note that steps are held by variables.
func (a access) plain() access {
	out := slices.Clone(a)
	for i, step := range out {
		if c, ok := step.(chosen); ok {
			out[i] = c.step
		}
	}
	return out
}

// dynamic returns the index of the first step that is not written in the
// policy, or -1.
func (a access) dynamic() int {
	return slices.IndexFunc(a, func(step any) bool {
		_, held := step.(chosen)
		return held || step == anyStep
	})
}

// meets reports whether the access and a path may touch: one leads to, or
// into, the other.
func (a access) meets(p resource.Path) bool {
	plain := a.plain()
	for i := 0; i < len(a) && i < len(p); i++ {
		if plain[i] != anyStep && plain[i] != p[i] {
			return false
		}
	}
	return true
}

// String writes an access like [resource.Path.String], with [] for any step.
func (a access) String() string {
	var b strings.Builder
	for _, step := range a {
		if step == anyStep {
			b.WriteString("[]")
			continue
		}
		s := resource.Path{step}.String()
		if b.Len() > 0 && !strings.HasPrefix(s, "[") {
			b.WriteByte('.')
		}
		b.WriteString(s)
	}
	return b.String()
}

// extend returns a with more steps; a is not changed.
func (a access) extend(steps ...any) access { return append(slices.Clip(a), steps...) }

// hasPrefix reports whether a begins with p, step by step.
func (a access) hasPrefix(p access) bool {
	return len(a) >= len(p) && slices.Equal(a[:len(p)], p)
}

// trim drops the dynamic steps at the end.
func (a access) trim() access {
	for len(a) > 0 && a[len(a)-1] == anyStep {
		a = a[:len(a)-1]
	}
	return a
}

// marks returns the paths that the tree marks and that the access may touch:
// marked paths at, above or below it.
func (a access) marks(tree any, at resource.Path, emit func(resource.Path)) {
	switch t := tree.(type) {
	case bool:
		if t {
			emit(slices.Clone(at))
		}
		return
	case map[string]any:
		if len(a) == 0 || a[0] == anyStep {
			for k, sub := range t {
				a.rest().marks(sub, append(at, k), emit)
			}
		} else if k, ok := a[0].(string); ok {
			if sub, ok := t[k]; ok {
				a.rest().marks(sub, append(at, k), emit)
			}
		}
	case []any:
		if len(a) == 0 || a[0] == anyStep {
			for i, sub := range t {
				a.rest().marks(sub, append(at, i), emit)
			}
		} else if i, ok := a[0].(int); ok && i >= 0 && i < len(t) {
			a.rest().marks(t[i], append(at, i), emit)
		}
	}
}

func (a access) rest() access {
	if len(a) == 0 {
		return nil
	}
	return a[1:]
}

// values calls emit with every concrete path that the access stands for in v
// and its value. Where something is missing the path stops being concrete: it
// is emitted up to the first dynamic step, with ok false.
func (a access) values(v any, at resource.Path, emit func(p resource.Path, v any, ok bool)) {
	if len(a) == 0 {
		emit(slices.Clone(at), v, true)
		return
	}
	switch step := a[0].(type) {
	case wildcard:
		switch t := v.(type) {
		case []any:
			for i, e := range t {
				a[1:].values(e, append(at, i), emit)
			}
			if len(t) > 0 {
				return
			}
		case map[string]any:
			for k, e := range t {
				a[1:].values(e, append(at, k), emit)
			}
			if len(t) > 0 {
				return
			}
		}
		emit(slices.Clone(at), v, true)
	default:
		next, ok := resource.Lookup(v, resource.Path{step})
		if ok {
			a[1:].values(next, append(at, step), emit)
			return
		}
		missing := slices.Clone(at)
		for _, s := range a {
			if s == anyStep {
				break
			}
			missing = append(missing, s)
		}
		emit(missing, nil, false)
	}
}

// key identifies an access in maps.
func (a access) key() string { return fmt.Sprintf("%q", []any(a)) }
