package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// canonical writes a value so that two which mean the same are written the
// same. What Terraform keeps for "not set" (false, 0, "", empty lists and maps)
// is written as nothing; numbers are written as their text; lists are sorted; a
// string that holds JSON is written as its document, in which a list of one
// element is the element, as in policy documents, and nothing counts as not
// set. Exact values, such as tags, are written as they stand.
func canonical(v any, exact bool) string {
	if exact {
		return write(v, inDocument)
	}
	return write(v, inBlock)
}

// mode says where a value stands.
type mode int

const (
	inBlock mode = iota
	inDocument
)

func write(v any, m mode) string {
	switch v := v.(type) {
	case nil:
		return ""
	case map[string]any:
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if inner := write(v[k], m); inner != "" {
				fmt.Fprintf(&b, "%q:%s,", k, inner)
			}
		}
		return wrap("{", b.String(), "}", m)
	case []any:
		if m == inDocument && len(v) == 1 {
			return write(v[0], m)
		}
		list := make([]string, 0, len(v))
		for _, e := range v {
			if inner := write(e, m); inner != "" {
				list = append(list, inner)
			}
		}
		slices.Sort(list)
		return wrap("[", strings.Join(list, ","), "]", m)
	case string:
		if doc, ok := jsonDocument(v); ok {
			return write(doc, inDocument)
		}
		if v == "" && m == inBlock {
			return ""
		}
		return fmt.Sprintf("%q", v)
	default:
		text := fmt.Sprint(v)
		if m == inBlock && (text == "false" || text == "0") {
			return ""
		}
		return fmt.Sprintf("%q", text)
	}
}

// wrap writes a collection; an empty one in a block is not set.
func wrap(begin, inner, end string, m mode) string {
	if inner == "" && m == inBlock {
		return ""
	}
	return begin + inner + end
}

// jsonDocument parses a string that holds a JSON object or list.
func jsonDocument(s string) (any, bool) {
	t := strings.TrimSpace(s)
	if !strings.HasPrefix(t, "{") && !strings.HasPrefix(t, "[") {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(t)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil || dec.More() {
		return nil, false
	}
	return v, true
}

// filledPaths are the attributes below a place that a collector fills. One
// that is empty fills everything.
type filledPaths []resource.Path

// anyElement is a step of a filled path that stands for every element.
type anyElement struct{}

// parseFilled reads [resource.Resource.Filled]. What cannot be read fills
// nothing.
func parseFilled(texts []string) filledPaths {
	if texts == nil {
		return filledPaths{nil}
	}
	return parsePaths(texts)
}

// parsePaths reads paths in which [] stands for any element.
func parsePaths(texts []string) filledPaths {
	list := filledPaths{}
	for _, t := range texts {
		var path resource.Path
		ok := true
		for i, part := range strings.Split(t, "[]") {
			if i > 0 {
				path = append(path, anyElement{})
			}
			p, err := resource.ParsePath(strings.TrimPrefix(part, "."))
			ok = ok && err == nil
			path = append(path, p...)
		}
		if ok {
			list = append(list, path)
		}
	}
	return list
}

// below returns what is filled below a step; false when nothing is.
func (f filledPaths) below(step any) (filledPaths, bool) {
	var out filledPaths
	for _, p := range f {
		switch {
		case len(p) == 0:
			return filledPaths{nil}, true
		case p[0] == anyElement{} || p[0] == step:
			out = append(out, p[1:])
		}
	}
	return out, len(out) > 0
}

// project returns the part of a value that is filled.
func (f filledPaths) project(v any) any {
	if slices.ContainsFunc(f, func(p resource.Path) bool { return len(p) == 0 }) {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if inside, ok := f.below(k); ok {
				out[k] = inside.project(e)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for i, e := range v {
			if inside, ok := f.below(i); ok {
				out = append(out, inside.project(e))
			}
		}
		return out
	}
	return v
}
