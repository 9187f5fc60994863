package aws

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plain turns values of the SDK into those of resources: null, bool, string,
// json.Number, []any and map[string]any. Pointers are followed, named strings
// become strings, times become RFC 3339 in UTC, and object members that are null
// are dropped. A nil slice or map is null; an empty one stays. A struct is
// null too: its fields are the API's, not the provider's.
func Plain(v any) any {
	switch v := v.(type) {
	case nil, bool, string, json.Number:
		return v
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return plain(reflect.ValueOf(v))
}

func plain(v reflect.Value) any {
	switch v.Kind() { //nolint:exhaustive // what is left has no place in a document
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return Plain(v.Elem().Interface())
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return json.Number(strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits()))
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = Plain(v.Index(i).Interface())
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any, v.Len())
		for _, k := range v.MapKeys() {
			if e := Plain(v.MapIndex(k).Interface()); e != nil {
				m[k.String()] = e
			}
		}
		return m
	}
	return nil
}

// Block is a nested block that appears at most once: a list of one object, or
// of none if there is nothing.
func Block(values map[string]any) []any {
	if values == nil {
		return []any{}
	}
	return []any{values}
}

// Blocks makes a nested block of every element, in the API's order. The result
// is never nil. For blocks that the provider keeps as a set, use [SetOf].
func Blocks[T any](list []T, block func(T) map[string]any) []any {
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = block(e)
	}
	return out
}

// Set sorts the values of an attribute that the provider keeps as a set, whose
// order means nothing. The result is never nil.
func Set[S ~string](list []S) []any {
	out := make([]any, 0, len(list))
	for _, e := range slices.Sorted(slices.Values(list)) {
		out = append(out, string(e))
	}
	return out
}

// SetOf is Blocks for a set: the blocks are sorted by what they hold.
func SetOf[T any](list []T, block func(T) map[string]any) []any {
	return SortSet(Blocks(list, block))
}

// SortSet sorts the elements of a set by their JSON.
func SortSet(list []any) []any {
	keys := make(map[int]string, len(list))
	order := make([]int, len(list))
	for i, e := range list {
		order[i] = i
		list[i] = Plain(e)
		b, err := json.Marshal(list[i])
		if err == nil { // Plain leaves nothing that JSON cannot say
			keys[i] = string(b)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	out := make([]any, len(list))
	for i, k := range order {
		out[i] = list[k]
	}
	return out
}

// Tags makes the provider's map of a list of tags: those of AWS itself
// (aws:...) are left out. It is never nil.
func Tags[T any](list []T, pair func(T) (key, value *string)) map[string]any {
	m := map[string]any{}
	for _, t := range list {
		if k, v := pair(t); k != nil && !strings.HasPrefix(*k, "aws:") {
			m[*k] = String(v)
		}
	}
	return m
}

// TagMap is Tags for services that give a map.
func TagMap(tags map[string]string) map[string]any {
	m := map[string]any{}
	for k, v := range tags {
		if !strings.HasPrefix(k, "aws:") {
			m[k] = v
		}
	}
	return m
}

// String returns the text that a pointer points to, empty for nil.
func String(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// NonEmpty returns nil for nil or an empty text: for attributes that the
// provider leaves null where the API says "".
func NonEmpty(p *string) any {
	if p == nil || *p == "" {
		return nil
	}
	return *p
}

// PolicyJSON normalizes a policy document as the provider does: URL encoding
// taken off (IAM's), white space dropped, members sorted. What is not JSON stays
// as it is; an absent or empty one is null.
func PolicyJSON(p *string) any {
	if p == nil || *p == "" {
		return nil
	}
	text := *p
	if strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "%7b") {
		if decoded, err := url.QueryUnescape(text); err == nil {
			text = decoded
		}
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}
