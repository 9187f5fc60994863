package binding

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Form says how the key's value follows from the attribute's.
type Form string

// Forms of a binding, read off its Values.
const (
	// FormSame: the same text; booleans as true and false, numbers in their
	// shortest decimal form.
	FormSame Form = "same"
	// FormMap: Values lists the attribute's values; "*" stands for all others,
	// and an empty text says that the key is not sent.
	FormMap Form = "map"
	// FormTemplate: Values["*"] contains ${Value}: an ARN made of a name or id.
	// What is an ARN already stays as it is.
	FormTemplate Form = "template"
	// FormPresence: the key has the value of Values["*"] when the attribute is
	// set, whatever it is set to.
	FormPresence Form = "presence"
	// FormContains: Values holds "contains:x": the key says whether the list
	// has the element x.
	FormContains Form = "contains"
	// FormJSON: the attribute is JSON text and Values["json"] is the path of the
	// value in it.
	FormJSON Form = "json"
)

const containsPrefix = "contains:"

// Form returns how the key's value follows from the attribute's.
func (b Binding) Form() Form {
	if len(b.Values) == 0 {
		return FormSame
	}
	if _, ok := b.Values["json"]; ok {
		return FormJSON
	}
	if _, ok := b.element(); ok {
		return FormContains
	}
	star, ok := b.Values["*"]
	switch {
	case ok && strings.Contains(star, "${Value}") && len(b.Values) == 1:
		return FormTemplate
	case ok && len(b.Values) == 1:
		return FormPresence
	}
	return FormMap
}

// Element returns the element whose presence in the list the key reports, for
// FormContains.
func (b Binding) Element() string {
	e, _ := b.element()
	return e
}

func (b Binding) element() (string, bool) {
	for k := range b.Values {
		if e, ok := strings.CutPrefix(k, containsPrefix); ok {
			return e, true
		}
	}
	return "", false
}

// KeyValue returns the key's value, or pattern of it, that stands for exactly
// one value of the attribute. It is false where no such value exists: the key
// does not tell this value from others, or is not sent for it. Placeholders of
// a template other than the value become "*".
func (b Binding) KeyValue(value string) (string, bool) {
	switch b.Form() {
	case FormSame:
		return value, true
	case FormTemplate:
		if strings.HasPrefix(value, "arn:") {
			return value, true
		}
		return pattern(strings.ReplaceAll(b.Values["*"], "${Value}", value)), true
	case FormMap:
		v, ok := b.Values[value]
		if !ok && strings.Contains(b.Values["*"], "${Value}") {
			return pattern(strings.ReplaceAll(b.Values["*"], "${Value}", value)), true
		}
		if ok && v != "" && b.injective(value) {
			return v, true
		}
	case FormPresence, FormContains, FormJSON:
		// the key tells whether there is a value or what is in it, not which it is
	}
	return "", false
}

// injective reports whether no other listed value gives the same text.
func (b Binding) injective(value string) bool {
	for k, v := range b.Values {
		if k != value && v == b.Values[value] {
			return false
		}
	}
	return true
}

// render returns what AWS sees of the attribute's values; nil when the key is
// not sent.
func (b Binding) render(values []any, fill func(string) string) []string {
	switch b.Form() {
	case FormSame:
		return texts(values)
	case FormContains:
		e := b.Element()
		if slices.Contains(texts(values), e) {
			return []string{b.Values[containsPrefix+e]}
		}
		return nil
	case FormJSON:
		return b.renderJSON(values)
	case FormMap, FormTemplate, FormPresence:
	}
	var out []string
	for _, s := range texts(values) {
		v, ok := b.Values[s]
		if !ok {
			v = b.Values["*"]
		}
		if strings.HasPrefix(v, "arn:") && strings.HasPrefix(s, "arn:") {
			v = s
		} else {
			v = strings.ReplaceAll(fill(v), "${Value}", s)
		}
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// renderJSON looks for the value inside JSON text.
func (b Binding) renderJSON(values []any) []string {
	var inner []any
	for _, v := range values {
		var doc any
		if s, ok := v.(string); ok && json.Unmarshal([]byte(s), &doc) == nil {
			inner = append(inner, collect(doc, b.Values["json"])...)
		}
	}
	out := texts(inner)
	if !b.Multivalued && slices.Contains(out, "true") {
		return []string{"true"} // one container that is privileged is enough
	}
	return out
}

// collect returns the values at a path such as "a[].b". A list is walked
// through with or without brackets, and what is empty counts as not set, as
// Terraform has it.
func collect(v any, path string) []any {
	name, rest, _ := strings.Cut(path, ".")
	name = strings.TrimSuffix(name, "[]")
	if name == "" && path != "" { // "[].b": v is the list
		return spread(v, rest)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return spread(m[name], rest)
}

func spread(v any, rest string) []any {
	var out []any
	if list, ok := v.([]any); ok {
		for _, e := range list {
			out = append(out, spread(e, rest)...)
		}
		return out
	}
	if v == nil || v == "" {
		return nil
	}
	if rest != "" {
		return collect(v, rest)
	}
	return []any{v}
}

// texts renders values and drops what has no text and what is there twice.
func texts(values []any) []string {
	var out []string
	for _, v := range values {
		if s, ok := text(v); ok && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// text is a value as AWS compares it.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case json.Number:
		if f, err := v.Float64(); err == nil {
			if _, err := v.Int64(); err != nil {
				return strconv.FormatFloat(f, 'f', -1, 64), true
			}
		}
		return v.String(), true
	case fmt.Stringer:
		return v.String(), true
	}
	return "", false
}
