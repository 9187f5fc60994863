package bundle_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/bundles"
	"github.com/parapet-dev/parapet/internal/bundle"
)

const v0 = "package main\n\ndeny[msg] { msg := \"m\" }\n"

func TestLoad(t *testing.T) {
	b, err := read(archive(t,
		entry{"/.manifest", `{"revision": "7", "roots": ["main", "teams"], "rego_version": 0, "file_rego_versions": {"/main/new.rego": 1}, "metadata": {"by": "me"}}`, 0},
		entry{"/main/old.rego", v0, 0},
		entry{"/main/new.rego", "package main\n\nwarn contains \"w\" if true\n", 0},
		entry{"/main/new_test.rego", "package main_test\n", 0},
		entry{"/teams/data.yaml", "a: [1, 2]\n", 0},
		entry{"/teams/b/data.json", `{"c": 3}`, 0},
		entry{"/policy.wasm", "\x00asm", 0},
		entry{"/README.md", "read me", 0},
	), bundle.Options{})
	wantCode(t, err, "bundle-unreadable") // the test's package is outside the roots
	if b != nil {
		t.Fatal("a bundle in spite of an error")
	}
	b, err = read(archive(t,
		entry{"/.manifest", `{"revision": "7", "roots": ["main", "teams"], "rego_version": 0, "file_rego_versions": {"/main/new.rego": 1}, "metadata": {"by": "me"}}`, 0},
		entry{"/main/old.rego", v0, 0},
		entry{"/main/new.rego", "package main\n\nwarn contains \"w\" if true\n", 0},
		entry{"/main/old_test.rego", "package main.old_test\n", 0},
		entry{"/teams/data.yaml", "a: [1, 2]\n", 0},
		entry{"/teams/b/data.json", `{"c": 3}`, 0},
		entry{"/policy.wasm", "\x00asm", 0},
		entry{"/README.md", "read me", 0},
	), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if b.Manifest.Revision != "7" || b.Manifest.Metadata["by"] != "me" || *b.Manifest.RegoVersion != bundle.RegoV0 {
		t.Errorf("manifest is %+v", b.Manifest)
	}
	versions := map[string]int{}
	for _, m := range b.Modules {
		versions[m.Path] = m.RegoVersion
	}
	if want := map[string]int{"b.tar.gz/main/old.rego": 0, "b.tar.gz/main/new.rego": 1}; !maps.Equal(versions, want) {
		t.Errorf("modules are %v, want %v", versions, want)
	}
	teams, ok := b.Data["teams"].(map[string]any)
	if !ok || teams["a"] == nil || teams["b"] == nil {
		t.Errorf("data is %v", b.Data)
	}
	if !slices.Equal(b.Ignored, []string{"policy.wasm"}) {
		t.Errorf("ignored are %v", b.Ignored)
	}
}

func TestLoadVersions(t *testing.T) {
	packed := archive(t, entry{"p.rego", v0, 0})
	_, err := read(packed, bundle.Options{})
	wantCode(t, err, "policy-syntax")
	b, err := read(packed, bundle.Options{RegoV0: true})
	if err != nil || b.Modules[0].RegoVersion != bundle.RegoV0 {
		t.Errorf("%v, %v", b, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		file entry
		code string
	}{
		{"a package outside the roots", entry{".manifest", `{"roots": ["other"]}`, 0}, "bundle-unreadable"},
		{"overlapping roots", entry{".manifest", `{"roots": ["main", "main/x"]}`, 0}, "bundle-unreadable"},
		{"a manifest that is no JSON", entry{".manifest", `{`, 0}, "bundle-unreadable"},
		{"an unknown version", entry{".manifest", `{"rego_version": 9}`, 0}, "bundle-unreadable"},
		{"a second manifest", entry{"a/.manifest", `{}`, 0}, "bundle-entry"},
		{"a manifest by another name", entry{"a.manifest", `{}`, 0}, "bundle-entry"},
		{"signatures elsewhere", entry{"a/.signatures.json", `{"signatures": ["a.b.c"]}`, 0}, "bundle-entry"},
		{"a delta", entry{"patch.json", `{"data": [{"op": "upsert", "path": "/a", "value": 1}]}`, 0}, "bundle-delta"},
		{"data that is no JSON", entry{"data.json", `{`, 0}, "bundle-unreadable"},
		{"data that is no object", entry{"data.json", `[]`, 0}, "bundle-unreadable"},
		{"bad Rego", entry{"q.rego", "package main\n\nx := {", 0}, "policy-syntax"},
		{"signatures that are none", entry{".signatures.json", `[]`, 0}, "bundle-signature"},
		{"a token that is none", entry{".signatures.json", `{"signatures": ["x"]}`, 0}, "bundle-signature"},
		{"two tokens", entry{".signatures.json", `{"signatures": ["a.b.c", "a.b.c"]}`, 0}, "bundle-signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := []entry{tt.file}
			if tt.code != "bundle-delta" {
				files = append(files, entry{"p.rego", "package main\n", 0})
			}
			_, err := read(archive(t, files...), bundle.Options{})
			wantCode(t, err, tt.code)
		})
	}
}

func TestParametersLeavesOthersOut(t *testing.T) {
	b := bundle.Bundle{Data: map[string]any{"parameters": map[string]any{"a": map[string]any{"x": 1}, "b": 2}}}
	if got := b.Parameters(); len(got) != 1 || got["a"]["x"] != 1 {
		t.Errorf("parameters are %v", got)
	}
	b.Data["parameters"] = []any{1}
	if got := b.Parameters(); got != nil {
		t.Errorf("parameters are %v", got)
	}
}

func TestSelections(t *testing.T) {
	list, err := bundle.Selections(bundles.FS)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
		if len(s.Policies) == 0 || s.Title == "" {
			t.Errorf("%s is empty", s.Name)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "baseline") {
		t.Errorf("names are %v", names)
	}
}
