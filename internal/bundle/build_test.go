package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/parapet-dev/parapet/internal/bundle"
)

// TestBuildEvaluatesInOPA loads a built bundle with OPA's own loader and asks it
// a question: the policy sees its helper and its parameters.
func TestBuildEvaluatesInOPA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	if err := os.WriteFile(file, build(t, contents()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		size int
		want int
	}{{4, 0}, {5, 0}, {6, 1}} {
		input := map[string]any{"resource": map[string]any{"values": map[string]any{"size": tt.size}}}
		rs, err := rego.New(rego.LoadBundle(file), rego.Query("count(data.acme.size.deny)"), rego.Input(input)).Eval(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := rs[0].Expressions[0].Value, tt.want; !equalNumber(got, want) {
			t.Errorf("size %d: %v denials, want %d", tt.size, got, want)
		}
	}
}

func equalNumber(got any, want int) bool {
	n, ok := got.(interface{ Int64() (int64, error) })
	if !ok {
		return false
	}
	v, err := n.Int64()
	return err == nil && v == int64(want)
}

func TestBuildIsStable(t *testing.T) {
	c := contents()
	c.Key = signer(t, rsaPair(t).private)
	want := build(t, c)
	slices.Reverse(c.Modules)
	c.Modules[0].Path = `/another/place/words.rego`
	if got := build(t, c); !bytes.Equal(got, want) {
		t.Error("the same contents in another order, from another place, gave other bytes")
	}
}

func TestBuildReadsBack(t *testing.T) {
	c := contents()
	c.Data = map[string]any{"owners": map[string]any{"platform": []any{"a", "b"}}}
	b, err := read(build(t, c), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b.Manifest.Revision != "r1" || !slices.Equal(b.Manifest.Roots, []string{"acme", "owners", "parameters"}) || *b.Manifest.RegoVersion != bundle.RegoV1 {
		t.Errorf("manifest is %+v", b.Manifest)
	}
	var paths []string
	for _, m := range b.Modules {
		paths = append(paths, m.Path)
	}
	if want := []string{"b.tar.gz/acme/size/size.rego", "b.tar.gz/acme/words/words.rego"}; !slices.Equal(paths, want) {
		t.Errorf("modules are %v, want %v", paths, want)
	}
	if got := b.Parameters()["acme-size"]["most"]; !equalNumber(got, 5) {
		t.Errorf("the parameter is %v", got)
	}
	if got := bundle.PolicyIDs(b.Modules); !slices.Equal(got, []string{"acme-size"}) {
		t.Errorf("policies are %v", got)
	}
	if b.Signature != nil || b.Verified {
		t.Error("an unsigned bundle seems signed")
	}
	if got := b.Data["owners"]; got == nil {
		t.Errorf("data is %v", b.Data)
	}
}

// Two modules of a package may have the same file name; both stay.
func TestBuildKeepsModulesOfOneName(t *testing.T) {
	c := bundle.Contents{Modules: []bundle.Module{
		{Path: "a/p.rego", Source: []byte("package main\n\na := 1\n"), RegoVersion: bundle.RegoV1},
		{Path: "b/p.rego", Source: []byte("package main\n\nb := 1\n"), RegoVersion: bundle.RegoV1},
		{Path: "c/p.rego", Source: []byte("package main\n\ndeny[msg] { msg := \"m\" }\n"), RegoVersion: bundle.RegoV0},
	}}
	b, err := read(build(t, c), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var versions []int
	for _, m := range b.Modules {
		versions = append(versions, m.RegoVersion)
	}
	slices.Sort(versions)
	if !slices.Equal(versions, []int{bundle.RegoV0, bundle.RegoV1, bundle.RegoV1}) {
		t.Errorf("versions are %v", versions)
	}
}

func TestBuildRefuses(t *testing.T) {
	_, err := bundle.Build(bundle.Contents{Modules: []bundle.Module{{Path: "p.rego", Source: []byte("package"), RegoVersion: bundle.RegoV1}}})
	wantCode(t, err, "policy-syntax")
	_, err = bundle.Build(bundle.Contents{Data: map[string]any{"f": func() {}}})
	wantCode(t, err, "bundle-data")
}

func TestWithImports(t *testing.T) {
	mods := []bundle.Module{
		{Path: "a", Source: []byte("package a\n\nx := data.b.c.y\n"), RegoVersion: bundle.RegoV1},
		{Path: "b", Source: []byte("package b.c\n\nimport data.d\n\ny := d.z\n"), RegoVersion: bundle.RegoV1},
		{Path: "d", Source: []byte("package d\n\nz := w\n"), RegoVersion: bundle.RegoV1},
		{Path: "d2", Source: []byte("package d\n\nw := 1\n"), RegoVersion: bundle.RegoV1},
		{Path: "e", Source: []byte("package e\n\nu := 1\n"), RegoVersion: bundle.RegoV1},
	}
	for _, tt := range []struct{ want, gives string }{{"a", "a b d d2"}, {"b", "b d d2"}, {"d2", "d d2"}, {"e", "e"}} {
		var got []string
		for _, m := range bundle.WithImports(mods, func(m bundle.Module) bool { return m.Path == tt.want }) {
			got = append(got, m.Path)
		}
		if s := join(got); s != tt.gives {
			t.Errorf("%s needs %s, want %s", tt.want, s, tt.gives)
		}
	}
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += " "
		}
		out += s
	}
	return out
}
