package bundles_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/parapet-dev/parapet/bundles"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/policies"
)

// bundle is what a bundle's file holds.
type bundle struct {
	Name        string                    `yaml:"name"`
	Title       string                    `yaml:"title"`
	Description string                    `yaml:"description"`
	Framework   string                    `yaml:"framework"`
	Policies    []string                  `yaml:"policies"`
	Parameters  map[string]map[string]any `yaml:"parameters"`
}

// TestBundles checks each bundle against the library: its policies exist, its
// parameters are declared, and a framework's bundle holds exactly the policies
// that name the framework.
func TestBundles(t *testing.T) {
	modules, err := engine.ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(bundles.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"aws-fsbp.yaml", "baseline.yaml", "cis-aws-5.0.yaml"} {
		if !slices.Contains(files, want) {
			t.Errorf("no bundle %s", want)
		}
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			source, err := fs.ReadFile(bundles.FS, file)
			if err != nil {
				t.Fatal(err)
			}
			var b bundle
			if err := yaml.UnmarshalWithOptions(source, &b, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			if want := strings.TrimSuffix(file, ".yaml"); b.Name != want {
				t.Errorf("name is %q, want %q", b.Name, want)
			}
			if b.Title == "" || b.Description == "" {
				t.Error("a bundle needs a title and a description")
			}
			if len(b.Policies) == 0 || !slices.IsSorted(b.Policies) || len(slices.Compact(slices.Clone(b.Policies))) != len(b.Policies) {
				t.Errorf("policies must be sorted, each once: %v", b.Policies)
			}
			e, ds := engine.New(engine.Options{Modules: modules, Parameters: b.Parameters})
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			for _, id := range b.Policies {
				if _, ok := e.Policy(id); !ok {
					t.Errorf("no policy %s", id)
				}
			}
			for id := range b.Parameters {
				if !slices.Contains(b.Policies, id) {
					t.Errorf("parameters of %s, which is not in the bundle", id)
				}
			}
			if b.Framework == "" {
				return
			}
			var want []string
			for _, p := range e.Policies() {
				if len(p.Frameworks[b.Framework]) > 0 {
					want = append(want, p.ID)
				}
			}
			if !slices.Equal(b.Policies, want) {
				t.Errorf("policies are\n%v\nthose that name %s are\n%v", b.Policies, b.Framework, want)
			}
		})
	}
}
