package engine

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// about reports whether the policy is about resources of a type.
func (p *policy) about(t string) bool {
	if len(p.Types) == 0 {
		return true
	}
	_, ok := slices.BinarySearch(p.Types, t)
	return ok
}

// observe returns the values that the policy reads of a resource, by path. A
// value that is absent is null; one that is not known is left out; one that is
// sensitive, or holds something sensitive, is redacted.
func (p *policy) observe(r *resource.Resource, constants func() map[string]bool) map[string]any {
	seen := map[string]any{}
	var filled []access
	if r.Filled != nil {
		filled = filledOf(r)
	}
	open := func(path resource.Path) (is bool) {
		if r.Filled != nil && !p.nowhere(r.Type, access(path)) {
			access(path).unfilled(filled, r.Values, nil, func(resource.Path) { is = true })
		}
		return is || resource.Marked(r.Unknown, path)
	}
	for _, a := range p.reads.values {
		a.trim().values(r.Values, nil, func(path resource.Path, v any, ok bool) {
			switch {
			case open(path):
			case !ok:
				seen[path.String()] = nil
			case resource.Marked(r.Sensitive, path):
				seen[secretKey(r.Sensitive, path, constants()).String()] = finding.Redacted
			default:
				seen[path.String()] = v
			}
		})
	}
	return seen
}

// redactor removes sensitive strings from messages.
type redactor struct {
	secrets []string // longest first, so that no part of one stays
}

// minSecret is the least length of a string that is looked for in messages: a
// shorter one would blank out ordinary words.
const minSecret = 4

func newRedactor(r *resource.Resource, related []*resource.Resource) redactor {
	var x redactor
	x.gather(r.Sensitive, r.Values)
	x.gather(r.Sensitive, r.Before)
	for _, o := range related {
		x.gather(o.Sensitive, o.Values)
		x.gather(o.Sensitive, o.Before)
	}
	slices.SortFunc(x.secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return x
}

// gather collects the strings of v that the tree marks.
func (x *redactor) gather(tree, v any) {
	switch t := tree.(type) {
	case bool:
		if t {
			x.strings(v)
		}
	case map[string]any:
		if m, ok := v.(map[string]any); ok {
			for k, sub := range t {
				x.gather(sub, m[k])
			}
		}
	case []any:
		if l, ok := v.([]any); ok {
			for i, sub := range t {
				if i < len(l) {
					x.gather(sub, l[i])
				}
			}
		}
	}
}

func (x *redactor) strings(v any) {
	switch v := v.(type) {
	case string:
		x.add(v)
		// Rego quotes strings inside of other values, and Go those in errors.
		if q := strconv.Quote(v); q != `"`+v+`"` {
			x.add(q[1 : len(q)-1])
		}
		if q, err := json.Marshal(v); err == nil {
			x.add(string(q[1 : len(q)-1]))
		}
	case json.Number:
		x.add(string(v))
	case float64:
		x.add(strconv.FormatFloat(v, 'f', -1, 64))
	case map[string]any:
		for _, e := range v {
			x.strings(e)
		}
	case []any:
		for _, e := range v {
			x.strings(e)
		}
	}
}

func (x *redactor) add(s string) {
	if len(s) >= minSecret && !slices.Contains(x.secrets, s) {
		x.secrets = append(x.secrets, s)
	}
}

// cleanAll returns a list of texts without sensitive strings.
func (x redactor) cleanAll(list []string) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = x.clean(s)
	}
	return out
}

func (x redactor) clean(message string) string {
	for _, s := range x.secrets {
		message = strings.ReplaceAll(message, s, finding.Redacted)
	}
	return message
}
