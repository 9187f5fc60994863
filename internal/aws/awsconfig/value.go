package awsconfig

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/parapet-dev/parapet/internal/aws"
)

// value makes an attribute of an item. It also returns which paths below the
// attribute are known by it: none if the item does not hold what it is made of,
// or holds it in a form that is not understood.
type value func(it *item) (v any, known []string)

// whole are the known paths of an attribute that is known as it is.
var whole = []string{""}

// simple makes a value of a key, of what convert accepts. Null is no value.
func simple(path string, convert func(any) (any, bool)) value {
	return func(it *item) (any, []string) {
		v, ok := it.get(path)
		if !ok {
			return nil, nil
		}
		if v == nil {
			return nil, whole
		}
		if v, ok = convert(v); !ok {
			return nil, nil
		}
		return v, whole
	}
}

func text(path string) value {
	return simple(path, func(v any) (any, bool) { s, ok := v.(string); return s, ok })
}

// nonEmpty is text, where the provider has no value for an empty one.
func nonEmpty(path string) value {
	return simple(path, func(v any) (any, bool) {
		s, ok := v.(string)
		if s == "" {
			return nil, ok
		}
		return s, ok
	})
}

func boolean(path string) value { return simple(path, toBool) }

func toBool(v any) (any, bool) {
	switch v {
	case true, "true":
		return true, true
	case false, "false":
		return false, true
	}
	return nil, false
}

// number is a number; some items have them as texts, some with a fraction of 0.
func number(path string) value { return simple(path, toNumber) }

func toNumber(v any) (any, bool) {
	s, ok := v.(string)
	if n, is := v.(json.Number); is {
		s, ok = n.String(), true
	}
	if !ok {
		return nil, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f), true
	}
	return f, true
}

// is tells whether a text is a certain one.
func is(path, want string) value {
	return simple(path, func(v any) (any, bool) { s, ok := v.(string); return s == want, ok })
}

// policy is a policy document: a text, URL-encoded or not, or in some items the
// document itself, bare or in a list.
func policy(path string) value {
	return simple(path, func(v any) (any, bool) {
		s, ok := document(v)
		return aws.PolicyJSON(&s), ok
	})
}

func document(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []any:
		if len(v) == 1 {
			return document(v[0])
		}
	case map[string]any:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
	return "", false
}

// texts is a set of texts. Some items wrap each: {"value": "sg-1"}. With a
// member, the elements are objects and the texts are that member of each.
func texts(path string, member ...string) value {
	return simple(path, func(v any) (any, bool) {
		s, ok := toTexts(v, append(member, "value")[0])
		return aws.Set(s), ok
	})
}

func toTexts(v any, member string) ([]string, bool) {
	l, ok := list(v)
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(l))
	for _, e := range l {
		s, ok := e.(string)
		if m, is := e.(map[string]any); is {
			s, ok = firstText(m, member)
		}
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// block is a nested block that appears at most once, of an object.
func block(path string, inner map[string]value) value {
	return func(it *item) (any, []string) {
		v, ok := it.get(path)
		if !ok {
			return nil, nil
		}
		if v == nil {
			return aws.Block(nil), whole
		}
		m, ok := object(v)
		if !ok {
			return nil, nil
		}
		values, known := read(&item{conf: m}, inner)
		if len(known) == 0 {
			return nil, nil
		}
		for i := range known {
			known[i] = "[]." + known[i]
		}
		return aws.Block(values), known
	}
}

// tagged is the tags of the item.
func tagged(it *item) (any, []string) {
	tags, ok := it.tags()
	if !ok {
		return nil, nil
	}
	return tags, whole
}

// read makes the attributes of an item that it says something of, and lists the
// paths that are known, sorted.
func read(it *item, attributes map[string]value) (values map[string]any, known []string) {
	values = map[string]any{}
	for name, of := range attributes {
		v, below := of(it)
		if len(below) == 0 {
			continue
		}
		values[name] = v
		for _, p := range below {
			known = append(known, name+p)
		}
	}
	slices.Sort(known)
	return values, known
}
