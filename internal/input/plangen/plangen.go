// Package plangen writes Terraform plans of any size for benchmarks and tests.
// The same size and seed give the same bytes. A plan has every part that a real
// one has, in the order and in about the proportions of Terraform 1.11:
// planned_values, resource_changes, prior_state and configuration, some 3.4 kB
// a resource; about 15 % of the resources break a common control.
package plangen

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
)

// instance is one generated resource.
type instance struct {
	kind    kind
	number  int
	module  int // 0 is the root module
	actions []string
	after   map[string]any
	unknown map[string]any
	secret  map[string]any
}

func (i instance) name() string { return fmt.Sprintf("r%06d", i.number) }

func (i instance) moduleAddress() string {
	if i.module == 0 {
		return ""
	}
	return fmt.Sprintf("module.team%02d", i.module)
}

func (i instance) address() string {
	a := i.kind.name + "." + i.name()
	if i.module != 0 {
		a = i.moduleAddress() + "." + a
	}
	return a
}

// modules is how many child modules share the resources with the root.
const modules = 12

// Write writes a plan of n resources.
func Write(w io.Writer, n int, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)) // #nosec G404 -- reproducible on purpose
	instances := make([]instance, n)
	for i := range instances {
		instances[i] = generate(rnd, i)
	}
	out := &writer{w: bufio.NewWriterSize(w, 1<<16)}
	out.text(`{"format_version":"1.2","terraform_version":"1.11.4",`)
	out.text(`"variables":{"region":{"value":"eu-west-1"}},"planned_values":{"root_module":{`)
	out.tree(instances, func(i instance) any { return planned(i) })
	out.text(`}},"resource_changes":[`)
	for k, i := range instances {
		out.comma(k)
		out.value(changed(i))
	}
	out.text(`],"prior_state":{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{`)
	out.tree(instances, func(i instance) any {
		if i.actions[0] == "create" {
			return nil
		}
		return planned(i)
	})
	out.text(`}}},"configuration":{"provider_config":{"aws":{"name":"aws","full_name":"registry.terraform.io/hashicorp/aws",` +
		`"expressions":{"allowed_account_ids":{"constant_value":["111122223333"]},"region":{"references":["var.region"]}}}},` +
		`"root_module":{"resources":[`)
	out.configured(instances, 0)
	out.text(`],"module_calls":{`)
	for m := 1; m <= modules; m++ {
		out.comma(m - 1)
		out.text(fmt.Sprintf(`"team%02d":{"source":"./team","expressions":{},"module":{"resources":[`, m))
		out.configured(instances, m)
		out.text(`]}}`)
	}
	out.text(`},"variables":{"region":{"default":"eu-west-1"}}}},"timestamp":"2026-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}` + "\n")
	if out.err != nil {
		return out.err
	}
	return out.w.Flush()
}

// generate chooses one resource. A quarter is there already and stays, the
// rest is created, updated, replaced or deleted.
func generate(rnd *rand.Rand, number int) instance {
	i := instance{kind: kinds[number%len(kinds)], number: number, module: rnd.IntN(modules + 1)}
	switch p := rnd.IntN(100); {
	case p < 25:
		i.actions = []string{"no-op"}
	case p < 37:
		i.actions = []string{"update"}
	case p < 42:
		i.actions = []string{"delete"}
	case p < 45:
		i.actions = []string{"delete", "create"}
	default:
		i.actions = []string{"create"}
	}
	i.after, i.unknown, i.secret = i.kind.values(rnd, i.name(), rnd.IntN(100) < 15)
	for _, name := range i.kind.unset {
		i.after[name] = nil
	}
	i.after["tags"] = map[string]any{"owner": "team-" + i.name(), "env": "prod", "cost-center": "4711"}
	i.after["tags_all"] = map[string]any{"owner": "team-" + i.name(), "env": "prod", "cost-center": "4711", "project": "bench"}
	if i.actions[0] != "create" {
		for name := range i.unknown {
			i.after[name] = i.kind.id(name, i.number)
		}
		i.unknown = map[string]any{}
	}
	return i
}

func planned(i instance) any {
	return map[string]any{
		"address": i.address(), "mode": "managed", "type": i.kind.name, "name": i.name(),
		"provider_name": provider, "schema_version": 1, "values": i.after, "sensitive_values": i.secret,
	}
}

const provider = "registry.terraform.io/hashicorp/aws"

func changed(i instance) any {
	change := map[string]any{
		"actions": i.actions, "before": nil, "after": i.after,
		"after_unknown": i.unknown, "before_sensitive": false, "after_sensitive": i.secret,
	}
	if i.actions[0] != "create" {
		change["before"], change["before_sensitive"] = i.after, i.secret
	}
	if len(i.actions) == 1 && i.actions[0] == "delete" {
		change["after"], change["after_unknown"], change["after_sensitive"] = nil, map[string]any{}, false
	}
	out := map[string]any{
		"address": i.address(), "mode": "managed", "type": i.kind.name, "name": i.name(),
		"provider_name": provider, "change": change,
	}
	if i.module != 0 {
		out["module_address"] = i.moduleAddress()
	}
	return out
}

// writer writes JSON in pieces and keeps the first error.
type writer struct {
	w   *bufio.Writer
	err error
}

func (w *writer) text(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *writer) comma(n int) {
	if n > 0 {
		w.text(",")
	}
}

func (w *writer) value(v any) {
	b, err := json.Marshal(v)
	if w.err == nil {
		w.err = err
	}
	w.text(string(b))
}

// tree writes the members of a root module: its resources and its child
// modules, as planned_values and prior_state have them.
func (w *writer) tree(instances []instance, f func(instance) any) {
	list := func(module int) {
		w.text(`"resources":[`)
		n := 0
		for _, i := range instances {
			if i.module != module {
				continue
			}
			if v := f(i); v != nil {
				w.comma(n)
				w.value(v)
				n++
			}
		}
		w.text(`]`)
	}
	list(0)
	w.text(`,"child_modules":[`)
	for m := 1; m <= modules; m++ {
		w.comma(m - 1)
		w.text(fmt.Sprintf(`{"address":"module.team%02d",`, m))
		list(m)
		w.text(`}`)
	}
	w.text(`]`)
}

// configured writes the resources of a module's configuration.
func (w *writer) configured(instances []instance, module int) {
	n := 0
	for _, i := range instances {
		if i.module != module || len(i.actions) == 1 && i.actions[0] == "delete" {
			continue
		}
		expressions := map[string]any{}
		for name, v := range i.after {
			if v == nil || name == "tags_all" || name == "id" || name == "arn" {
				continue
			}
			if name == "tags" || i.kind.reference[name] != "" {
				continue
			}
			expressions[name] = map[string]any{"constant_value": v}
		}
		expressions["tags"] = map[string]any{"references": []string{"local.tags"}}
		for name, target := range i.kind.reference {
			expressions[name] = map[string]any{"references": []string{target + ".id", target}}
		}
		w.comma(n)
		w.value(map[string]any{
			"address": i.kind.name + "." + i.name(), "mode": "managed", "type": i.kind.name, "name": i.name(),
			"provider_config_key": "aws", "expressions": expressions, "schema_version": 1,
		})
		n++
	}
}
