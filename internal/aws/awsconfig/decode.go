package awsconfig

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/aws"
)

// decode fills a struct of the SDK with what an item holds, key by key, so that a
// member that does not fit costs its key only. It returns the keys that were
// read, in lower case. Names match without regard to case.
func decode[T any](it *item, keys []string) (out T, read map[string]bool) {
	read = map[string]bool{}
	s := reflect.ValueOf(&out).Elem()
	for _, key := range keys {
		v, ok := it.get(key)
		if !ok {
			continue
		}
		field := s.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, key) })
		if !field.IsValid() {
			continue
		}
		src, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(src, field.Addr().Interface())
		}
		if err != nil {
			field.SetZero()
			continue
		}
		read[strings.ToLower(key)] = true
	}
	return out, read
}

// pick makes an entry of what a collector's own function makes of an item that
// was decoded. The attributes say which keys each is made of; one whose keys were
// not all read is left out. Paths are those that the function fills.
func pick(it aws.Item, attributes map[string]string, read map[string]bool, paths []string) entry {
	e := entry{Item: it}
	for _, p := range paths {
		keys, ok := attributes[topOf(p)]
		for key := range strings.FieldsSeq(keys) {
			ok = ok && read[strings.ToLower(key)]
		}
		if ok {
			e.filled = append(e.filled, p)
		}
	}
	return e
}

// tags takes the tags that the item knows, wherever they stand.
func (e *entry) tags(it *item) {
	e.filled = slices.DeleteFunc(e.filled, func(p string) bool { return p == "tags" })
	if tags, ok := it.tags(); ok {
		e.Values["tags"] = tags
		e.filled = append(e.filled, "tags")
	}
}

// keysOf lists the keys that attributes are made of.
func keysOf(attributes map[string]string) []string {
	var keys []string
	for _, k := range attributes {
		keys = append(keys, strings.Fields(k)...)
	}
	return keys
}
