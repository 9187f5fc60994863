package resource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Path leads from the values of a resource to one attribute: strings name
// object members, ints list elements.
type Path []any

// String writes a path as Terraform users read it: metadata_options[0].http_tokens.
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		case string:
			if !identifier(s) {
				fmt.Fprintf(&b, "[%q]", s)
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

func identifier(s string) bool {
	if s == "" {
		return false
	}
	for i, c := range s {
		letter := c == '_' || c == '-' && i > 0 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// ParsePath reads what [Path.String] writes.
func ParsePath(s string) (Path, error) {
	var p Path
	for rest := s; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `["`):
			quoted, err := strconv.QuotedPrefix(rest[1:])
			if err != nil || !strings.HasPrefix(rest[1+len(quoted):], "]") {
				return nil, fmt.Errorf("attribute path %q: a quoted key is not closed", s)
			}
			key, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("attribute path %q: %w", s, err)
			}
			p, rest = append(p, key), rest[len(quoted)+2:]
		case rest[0] == '[':
			digits, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(digits)
			if !ok || err != nil || n < 0 {
				return nil, fmt.Errorf("attribute path %q: an index must be a number in brackets", s)
			}
			p, rest = append(p, n), after
		default:
			rest = strings.TrimPrefix(rest, ".")
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if !identifier(rest[:end]) {
				return nil, fmt.Errorf("attribute path %q: %q is not an attribute name", s, rest[:end])
			}
			p, rest = append(p, rest[:end]), rest[end:]
		}
	}
	return p, nil
}

// Lookup returns the value at a path, and whether it is there.
func Lookup(v any, p Path) (any, bool) {
	for _, step := range p {
		switch s := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				return nil, false
			}
			if v, ok = m[s]; !ok {
				return nil, false
			}
		case int:
			l, ok := v.([]any)
			if !ok || s < 0 || s >= len(l) {
				return nil, false
			}
			v = l[s]
		}
	}
	return v, true
}

// Marked reports whether a mark tree (Unknown or Sensitive) marks the path: the
// path itself, something above it, or something below it.
func Marked(tree any, p Path) bool {
	for _, step := range p {
		if b, ok := tree.(bool); ok {
			return b
		}
		next, ok := Lookup(tree, Path{step})
		if !ok {
			return false
		}
		tree = next
	}
	return AnyMark(tree)
}

// AnyMark reports whether a mark tree marks anything.
func AnyMark(tree any) bool {
	switch t := tree.(type) {
	case bool:
		return t
	case map[string]any:
		for _, e := range t {
			if AnyMark(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(t, AnyMark)
	}
	return false
}
