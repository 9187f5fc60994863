package engine

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/parapet-dev/parapet/internal/diag"
)

// bindParameters sets each policy's parameters from the given values and
// returns data.parameters. A name that no policy declares is an error: a
// misspelt one would leave a policy at its default unseen.
func bindParameters(list []*policy, given map[string]map[string]any) (map[string]map[string]any, diag.Diagnostics) {
	var ds diag.Diagnostics
	byID := make(map[string]*policy, len(list))
	for _, p := range list {
		byID[p.ID] = p
	}
	for _, id := range slices.Sorted(maps.Keys(given)) {
		p := byID[id]
		if p == nil {
			ds = append(ds, diag.Errorf("parameter-unknown-policy", "parameters are given for %q, which is no policy", id).
				WithHint("`parapet policy list` shows the ids"))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(given[id])) {
			ds = append(ds, p.set(name, given[id][name])...)
		}
	}
	params := make(map[string]map[string]any, len(list))
	for _, p := range list {
		params[p.ID] = make(map[string]any, len(p.Parameters))
		for _, q := range p.Parameters {
			params[p.ID][q.Name] = q.Value
		}
	}
	return params, ds
}

func (p *policy) set(name string, value any) diag.Diagnostics {
	i := slices.IndexFunc(p.Parameters, func(q Parameter) bool { return q.Name == name })
	if i < 0 {
		d := diag.Errorf("parameter-unknown", "policy %q has no parameter %q", p.ID, name)
		for _, q := range p.Parameters {
			d = d.WithHint("it has %s: %s", q.Name, q.Description)
		}
		return diag.Diagnostics{d}
	}
	if want, got := kindOf(p.Parameters[i].Default), kindOf(value); want != got {
		return diag.Diagnostics{diag.Errorf("parameter-type", "parameter %q of policy %q must be a %s, not a %s", name, p.ID, want, got)}
	}
	plain, err := plainJSON(value)
	if err != nil {
		return diag.Diagnostics{diag.Errorf("parameter-type", "parameter %q of policy %q: %v", name, p.ID, err)}
	}
	p.Parameters[i].Value = plain
	return nil
}

// plainJSON turns a value that came from YAML into the types that JSON gives.
func plainJSON(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&out)
	return out, err
}

// kindOf names the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	case json.Number, float64, float32, int, int64, uint64, int32, uint32, uint:
		return "number"
	}
	return "value of an unknown kind"
}

func newStore(params map[string]map[string]any) storage.Store {
	byID := make(map[string]any, len(params))
	for id, values := range params {
		byID[id] = values
	}
	// The values become AST values at once, so that reads convert nothing.
	return inmem.NewFromObjectWithOpts(map[string]any{"parameters": byID},
		inmem.OptRoundTripOnWrite(true), inmem.OptReturnASTValuesOnRead(true))
}
