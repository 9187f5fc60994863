package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/engine"
)

const (
	resourcePolicy = "# METADATA\n# title: t\n# custom: {id: acme, severity: low}\npackage acme\n\n" +
		"import data.lib.both\n\ndeny contains \"x\" if both.f(input.resource)\n"
	documentPolicy = "package main\n\nimport data.lib\n\ndeny contains \"x\" if lib.both.f(input)\n"
	helper         = "package lib.both\n\nf(x) if x\n"
	other          = "package lib.other\n\ng := 1\n"
	oldPolicy      = "package old\n\nwarn[msg] { msg := \"x\" }\n"
	forgotten      = "package forgotten\n\ndeny contains \"x\" if input.resource.values.open\n"
	broken         = "package broken\n\ndeny contains\n"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		modules            []string
		resource, document string
		policies           bool
	}{
		{"only policies of the engine", []string{resourcePolicy, helper}, "0 1", "", true},
		{"only helpers", []string{helper, other}, "0 1", "", true},
		{"only document policies", []string{documentPolicy, helper, other}, "", "1 2 0", false},
		{"both", []string{resourcePolicy, documentPolicy, helper, other}, "0 2", "2 3 1", true},
		{"Rego v0", []string{oldPolicy, resourcePolicy}, "1", "0", true},
		{"METADATA that is missing", []string{forgotten, documentPolicy}, "0", "1", true},
		{"what cannot be read", []string{broken, documentPolicy}, "0", "1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var mods []engine.Module
			for i, src := range tt.modules {
				mods = append(mods, engine.Module{Path: fmt.Sprint(i), Source: []byte(src)})
			}
			p := Split(mods)
			names := func(list []engine.Module) string {
				var out []string
				for _, m := range list {
					out = append(out, m.Path)
				}
				return strings.Join(out, " ")
			}
			if names(p.Resource) != tt.resource || names(p.Document) != tt.document || p.Policies != tt.policies {
				t.Errorf("resource %q, document %q, policies %v; want %q, %q, %v",
					names(p.Resource), names(p.Document), p.Policies, tt.resource, tt.document, tt.policies)
			}
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
	}{
		{"an attribute", `input.resource_changes[_].change.after.acl == "x"`, "resource_changes[_].change.after.acl"},
		{"a helper", `rc := input.resource_changes[_]; big(rc)`, "resource_changes[_].size"},
		{"a constant key of object.get", `object.get(input.a, "b", 1) == 1`, "a.b"},
		{"a path of object.get", `object.get(input.a, ["b", 0], 1) == 1`, "a.b[_]"},
		{"a count needs no more than the elements", `count(input.a) > 1`, "a[_]"},
		{"a dynamic key", `input.a[input.b] == 1`, "a[_] b!"},
		{"what a builtin takes", `walk(input.a, [_, 1])`, "a!"},
		{"a text for a builtin", `startswith(input.a, "x")`, "a"},
		{"what is compared", `input.a == input.b`, "a! b!"},
		{"an element of a set", `count({x | some x in input.a}) > 1`, "a[_]!"},
		{"an element of a list", `[x | some x in input.a][_].b == 1`, "a[_].b"},
		{"everything", `json.marshal(input) != ""`, "!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := "package main\n\ndeny contains \"x\" if {\n\t" + tt.body + "\n}\n\nbig(rc) if rc.size > 10\n"
			p, ds := New(Options{Modules: []engine.Module{{Path: "p.rego", Source: []byte(src)}}})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			var leaves []string
			var walk func(n *node, path []string)
			walk = func(n *node, path []string) {
				if n.all {
					leaves = append(leaves, Read{Path: path}.String()+"!")
					return
				}
				if n.each == nil && len(n.members) == 0 {
					leaves = append(leaves, Read{Path: path}.String())
				}
				if n.each != nil {
					walk(n.each, append(slices.Clone(path), ""))
				}
				for name, m := range n.members {
					walk(m, append(slices.Clone(path), name))
				}
			}
			walk(p.reads().root, nil)
			slices.Sort(leaves)
			if got := strings.Join(leaves, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
