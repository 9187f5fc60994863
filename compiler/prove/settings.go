package prove

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/parapet-dev/parapet/compiler/ir"
)

// settings compares the settings that a guardrail asks for with those that
// stand in the module. No request is judged, so there is no witness.
func (p *prover) settings(g ir.Guardrail) Claim {
	for _, want := range g.Settings {
		i := slices.IndexFunc(p.in.Settings, func(s ir.Setting) bool { return s.Type == want.Type && s.Name == want.Name })
		name := want.Type + "." + want.Name
		if i < 0 {
			return Claim{Verdict: ir.Refuted, Statement: name, Reason: "the setting " + name + " is missing"}
		}
		if have := p.in.Settings[i]; !reflect.DeepEqual(canonical(have.Values), canonical(want.Values)) {
			return Claim{Verdict: ir.Refuted, Statement: name, Reason: differs(name, want.Values, have.Values)}
		}
	}
	return Claim{Verdict: ir.Proved}
}

// declarative compares what a guardrail puts into declarative policies with
// their content: every value must stand there, and none that no guardrail asks
// for.
func (p *prover) declarative(g ir.Guardrail) (coverage, excess Claim) {
	coverage, excess = Claim{Verdict: ir.Proved}, Claim{Verdict: ir.Proved}
	if len(g.Declaratives) == 0 {
		coverage = Claim{Verdict: ir.Unknown, Reason: "its policy declares nothing for a declarative policy"}
	}
	for _, part := range g.Declaratives {
		have := map[string]any{}
		for _, d := range p.in.Documents {
			if d.Layer == ir.Declarative && d.PolicyType == part.PolicyType {
				maps.Copy(have, leaves("", canonical(d.Content)))
			}
		}
		want := leaves("", canonical(part.Content))
		for _, path := range slices.Sorted(maps.Keys(want)) {
			if coverage.Verdict == ir.Proved && !reflect.DeepEqual(have[path], want[path]) {
				a, _ := json.Marshal(have[path]) // came from JSON
				b, _ := json.Marshal(want[path])
				coverage = Claim{Verdict: ir.Refuted, Reason: fmt.Sprintf("the %s has %s = %s, and must have %s", part.PolicyType, path, a, b)}
			}
		}
		for _, path := range slices.Sorted(maps.Keys(have)) {
			if excess.Verdict == ir.Proved && !p.asked(part.PolicyType, path) {
				excess = Claim{Verdict: ir.Refuted, Reason: fmt.Sprintf("no guardrail asks for %s in the %s", path, part.PolicyType)}
			}
		}
	}
	return coverage, excess
}

// asked reports whether some guardrail puts a value at a path of a declarative
// policy.
func (p *prover) asked(policyType, path string) bool {
	return slices.ContainsFunc(p.references, func(r Reference) bool {
		return slices.ContainsFunc(r.Guardrail.Declaratives, func(d ir.DeclarativePolicy) bool {
			_, ok := leaves("", canonical(d.Content))[path]
			return ok && d.PolicyType == policyType
		})
	})
}

// leaves returns the values of a JSON object that are no objects, by path.
func leaves(path string, v any) map[string]any {
	object, ok := v.(map[string]any)
	if !ok && v == nil && path == "" {
		return nil // there is no content at all
	}
	if !ok {
		return map[string]any{path: v}
	}
	out := map[string]any{}
	for k, inner := range object {
		at := k
		if path != "" {
			at = path + "." + k
		}
		maps.Copy(out, leaves(at, inner))
	}
	return out
}

// canonical is a JSON value as it reads back, so that 1 and 1.0 are the same.
func canonical(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return v
	}
	return out
}

// differs says in which argument a setting is not as it must be.
func differs(name string, want, have map[string]any) string {
	keys := maps.Clone(want)
	maps.Copy(keys, have)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		a, _ := json.Marshal(want[k])
		b, _ := json.Marshal(have[k])
		if string(a) != string(b) {
			return fmt.Sprintf("%s has %s = %s, and must have %s", name, k, b, a)
		}
	}
	return name + " is not as it must be"
}
