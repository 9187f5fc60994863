package schema

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// What `terraform providers schema -json` says of a provider, as far as it is
// kept. https://developer.hashicorp.com/terraform/cli/commands/providers/schema
type (
	providerJSON struct {
		Resources map[string]typeJSON `json:"resource_schemas"`
		Data      map[string]typeJSON `json:"data_source_schemas"`
	}
	typeJSON struct {
		Block blockJSON `json:"block"`
	}
	blockJSON struct {
		Attributes map[string]attributeJSON `json:"attributes"`
		Blocks     map[string]nestedJSON    `json:"block_types"`
	}
	attributeJSON struct {
		Type      json.RawMessage `json:"type"`
		Nested    *nestedTypeJSON `json:"nested_type"`
		Required  bool            `json:"required"`
		Optional  bool            `json:"optional"`
		Computed  bool            `json:"computed"`
		Sensitive bool            `json:"sensitive"`
	}
	nestedTypeJSON struct {
		Attributes map[string]attributeJSON `json:"attributes"`
		Nesting    string                   `json:"nesting_mode"`
	}
	nestedJSON struct {
		Nesting string    `json:"nesting_mode"`
		Block   blockJSON `json:"block"`
		Min     int       `json:"min_items"`
		Max     int       `json:"max_items"`
	}
)

// Encode packs one provider of the JSON that `terraform providers schema -json`
// prints. The provider is named by the end of its source address: "aws".
func Encode(schemas []byte, name, version string) ([]byte, error) {
	var doc struct {
		Providers map[string]providerJSON `json:"provider_schemas"`
	}
	if err := json.Unmarshal(schemas, &doc); err != nil {
		return nil, fmt.Errorf("read the provider schemas: %w", err)
	}
	for _, address := range slices.Sorted(maps.Keys(doc.Providers)) {
		if bytes.HasSuffix([]byte(address), []byte("/"+name)) {
			return encode(doc.Providers[address], name, version)
		}
	}
	return nil, fmt.Errorf("there is no provider %q in the schemas", name)
}

// encoder numbers names and blocks.
type encoder struct {
	names  map[string]int
	blocks map[string]int // by their bytes
	order  []string       // the bytes of the blocks
}

func encode(p providerJSON, name, version string) ([]byte, error) {
	e := &encoder{names: map[string]int{}, blocks: map[string]int{}}
	for _, types := range []map[string]typeJSON{p.Resources, p.Data} {
		for _, t := range types {
			if err := e.gather(t.Block); err != nil {
				return nil, err
			}
		}
	}
	names := slices.Sorted(maps.Keys(e.names))
	for i, n := range names {
		e.names[n] = i
	}
	var types []byte
	for _, list := range []map[string]typeJSON{p.Resources, p.Data} {
		types = number(types, len(list))
		for _, t := range slices.Sorted(maps.Keys(list)) {
			root, err := e.block(list[t].Block)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t, err)
			}
			types = number(text(types, t), root)
		}
	}
	out := text(nil, magic)
	out = text(text(out, name), version)
	out = number(out, len(names))
	last := ""
	for _, n := range names {
		shared := 0
		for shared < min(len(last), len(n)) && last[shared] == n[shared] {
			shared++
		}
		out = text(number(out, shared), n[shared:])
		last = n
	}
	out = number(out, len(e.order))
	for _, b := range e.order {
		out = text(out, b)
	}
	return deflate(append(out, types...))
}

func deflate(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// gather collects the names below a block. Encoding does too, and there it only
// looks them up.
func (e *encoder) gather(b blockJSON) error {
	_, err := (&encoder{names: e.names, blocks: map[string]int{}}).block(b)
	return err
}

func (e *encoder) name(n string) int {
	i, ok := e.names[n]
	if !ok {
		e.names[n] = 0
	}
	return i
}

// entry is a member of a block that is being encoded.
type entry struct {
	flags int
	typed []byte // type, and Max of a block
}

func (e *encoder) block(b blockJSON) (int, error) {
	entries := map[string]entry{}
	if err := e.attributes(b.Attributes, entries); err != nil {
		return 0, err
	}
	for _, n := range slices.Sorted(maps.Keys(b.Blocks)) {
		t := b.Blocks[n]
		inner, err := e.block(t.Block)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", n, err)
		}
		typed, err := nest(t.Nesting, number([]byte{byte(Object)}, inner))
		if err != nil {
			return 0, fmt.Errorf("%s: %w", n, err)
		}
		flags := flagBlock | flagOptional
		if t.Min > 0 {
			flags = flagBlock | flagRequired
		}
		entries[n] = entry{flags, number(typed, t.Max)}
	}
	return e.intern(entries), nil
}

func (e *encoder) attributes(list map[string]attributeJSON, to map[string]entry) error {
	for _, n := range slices.Sorted(maps.Keys(list)) {
		a := list[n]
		var (
			typed []byte
			err   error
		)
		if a.Nested != nil {
			inner := map[string]entry{}
			if err = e.attributes(a.Nested.Attributes, inner); err == nil {
				typed, err = nest(a.Nested.Nesting, number([]byte{byte(Object)}, e.intern(inner)))
			}
		} else {
			typed, err = e.typed(a.Type)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
		flags := 0
		for flag, is := range map[int]bool{
			flagRequired: a.Required, flagOptional: a.Optional, flagComputed: a.Computed, flagSensitive: a.Sensitive,
		} {
			if is {
				flags |= flag
			}
		}
		to[n] = entry{flags, typed}
	}
	return nil
}

// nest puts a block into what its nesting mode makes of it.
func nest(mode string, object []byte) ([]byte, error) {
	switch mode {
	case "single", "group":
		return object, nil
	case "list":
		return append([]byte{byte(List)}, object...), nil
	case "set":
		return append([]byte{byte(Set)}, object...), nil
	case "map":
		return append([]byte{byte(Map)}, object...), nil
	}
	return nil, fmt.Errorf("nesting mode %q is not known", mode)
}

// typed encodes a type constraint: a name, or [name, argument].
func (e *encoder) typed(raw json.RawMessage) ([]byte, error) {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		for _, k := range []Kind{String, Number, Bool} {
			if name == k.String() {
				return []byte{byte(k)}, nil
			}
		}
		if name == "dynamic" {
			return []byte{byte(Dynamic)}, nil
		}
		return nil, fmt.Errorf("type %q is not known", name)
	}
	var pair []json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) < 2 || json.Unmarshal(pair[0], &name) != nil {
		return nil, fmt.Errorf("type %s is not known", raw)
	}
	if name == "object" {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(pair[1], &members); err != nil {
			return nil, err
		}
		inner := map[string]entry{}
		for _, n := range slices.Sorted(maps.Keys(members)) {
			typed, err := e.typed(members[n])
			if err != nil {
				return nil, err
			}
			inner[n] = entry{flagOptional, typed}
		}
		return number([]byte{byte(Object)}, e.intern(inner)), nil
	}
	elem, err := e.typed(pair[1])
	if err != nil {
		return nil, err
	}
	return nest(name, elem)
}

// intern returns the number of a block with these members.
func (e *encoder) intern(entries map[string]entry) int {
	var out []byte
	at := -1
	for _, n := range slices.Sorted(maps.Keys(entries)) {
		i := e.name(n)
		out = number(out, max(i-at-1, 0))
		at = i
		out = append(number(out, entries[n].flags), entries[n].typed...)
	}
	key := string(out)
	i, ok := e.blocks[key]
	if !ok {
		i = len(e.order)
		e.blocks[key] = i
		e.order = append(e.order, key)
	}
	return i
}

func number(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) } //nolint:gosec // never negative

func text(b []byte, s string) []byte { return append(number(b, len(s)), s...) }
