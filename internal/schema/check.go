package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Path leads from a resource's values to a value: strings name members, ints
// list elements, and Any stands for a step that is not constant.
type Path []any

// Wildcard is the type of [Any].
type Wildcard struct{}

// Any stands for any member or element.
var Any = Wildcard{} //nolint:gochecknoglobals // a constant of a type that has none

// String writes a path as Terraform users read it, with [] for any step.
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		switch s := step.(type) {
		case string:
			if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || s == "" {
				fmt.Fprintf(&b, "[%q]", s)
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		default:
			b.WriteString("[]")
		}
	}
	return b.String()
}

// Error says that a path leads nowhere.
type Error struct {
	Resource string // the type of the resource
	Path     Path   // up to the step that leads nowhere
	Problem  string // "aws_instance has no attribute metadata_option"
	Suggest  string // the path that was perhaps meant; empty: nothing comes near
}

func (e *Error) Error() string {
	if e.Suggest == "" {
		return e.Problem
	}
	return fmt.Sprintf("%s; did you mean %s?", e.Problem, e.Suggest)
}

// Check returns an *[Error] when the path leads nowhere in a resource of the
// type, whatever its values.
func (t Type) Check(path Path) error {
	_, err := t.Attribute(path)
	return err
}

// Attribute returns what stands at a path. A path with a member that is not
// constant leads to something of any type.
func (t Type) Attribute(path Path) (Attribute, error) {
	at := t.root
	for i, step := range path {
		name, isName := step.(string)
		_, isIndex := step.(int)
		fail := func(format string, args ...any) *Error {
			return &Error{Resource: t.Name, Path: path[:i+1], Problem: fmt.Sprintf(format, args...)}
		}
		switch at.Kind {
		case Dynamic:
			return at, nil
		case Object:
			if !isName && !isIndex {
				return Attribute{Kind: Dynamic}, nil
			}
			if isIndex {
				return at, fail("%s is an object, which has members and no elements", t.name(path[:i]))
			}
			members := t.provider.members(at.block)
			next, ok := find(members, name)
			if !ok {
				return at, t.unknown(path[:i], name, members)
			}
			at = next
		case List, Set:
			if isName {
				err := fail("%s is a %s", t.name(path[:i]), at.describe())
				err.Suggest = slices.Concat(path[:i], Path{0}, path[i:]).String()
				return at, err
			}
			at = *at.elem
		case Map:
			if isIndex {
				return at, fail("%s is a map, which has keys and no elements", t.name(path[:i]))
			}
			at = *at.elem
		case String, Number, Bool:
			return at, fail("%s is a %s, which has nothing in it", t.name(path[:i]), at.Kind)
		}
	}
	return at, nil
}

// describe names a list or set for people.
func (a Attribute) describe() string {
	if a.Block {
		return "list of blocks"
	}
	return "list"
}

// name writes where a path leads for people.
func (t Type) name(p Path) string {
	if len(p) == 0 {
		return t.Name
	}
	return t.Name + "." + p.String()
}

// unknown is the error of a member that is not there.
func (t Type) unknown(parent Path, name string, members []member) *Error {
	e := &Error{Resource: t.Name, Path: slices.Concat(parent, Path{name}), Problem: fmt.Sprintf("%s has no attribute %s", t.name(parent), name)}
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	if s := Nearest(name, names); s != "" {
		e.Suggest = slices.Concat(parent, Path{s}).String()
	} else if found := t.elsewhere(name); found != nil {
		e.Suggest = found.String()
	}
	return e
}

// elsewhere returns the shortest path of the type that ends with a name.
func (t Type) elsewhere(name string) Path {
	const deepest = 4
	level := []found{{nil, t.root}}
	for range deepest {
		var next []found
		for _, f := range level {
			path, at := f.path, f.at
			for at.elem != nil && at.Kind != Map {
				path, at = append(slices.Clip(path), 0), *at.elem
			}
			if at.Kind != Object {
				continue
			}
			members := t.provider.members(at.block)
			if _, ok := find(members, name); ok {
				return append(slices.Clip(path), name)
			}
			for _, m := range members {
				next = append(next, found{append(slices.Clip(path), m.name), m.Attribute})
			}
		}
		level = next
	}
	return nil
}

type found struct {
	path Path
	at   Attribute
}

// Nearest returns the name of the list that was perhaps meant by another, or
// nothing.
func Nearest(name string, list []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, n := range list {
		if max(len(n)-len(name), len(name)-len(n)) >= least {
			continue
		}
		if d := levenshtein.ComputeDistance(name, n); d < least || d == least && cmp.Less(n, best) {
			best, least = n, d
		}
	}
	return best
}

// Suggest returns the resource type that was perhaps meant by a name, or
// nothing.
func (p *Provider) Suggest(name string) string { return Nearest(name, p.types) }
