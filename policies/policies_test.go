package policies_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/policies"
)

// library compiles the whole library.
func library(t *testing.T) *engine.Engine {
	t.Helper()
	modules, err := engine.ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	e, ds := engine.New(engine.Options{Modules: modules})
	for _, d := range ds {
		t.Error(d)
	}
	if e == nil {
		t.FailNow()
	}
	return e
}

// folder returns the folder of a policy in the embedded files.
func folder(p engine.Policy) string {
	return path.Dir(strings.TrimPrefix(p.File, "policies/"))
}

// TestFolders checks that each folder below aws/<service> is one policy with
// its examples, and that nothing else lies around.
func TestFolders(t *testing.T) {
	byFolder := map[string]engine.Policy{}
	for _, p := range library(t).Policies() {
		byFolder[folder(p)] = p
	}
	dirs, err := fs.Glob(policies.FS, "aws/*/*")
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]bool{}
	for _, dir := range dirs {
		p, ok := byFolder[dir]
		if !ok {
			t.Errorf("%s holds no policy", dir)
			continue
		}
		delete(byFolder, dir)
		parts := strings.Split(dir, "/")
		services[parts[1]] = true
		if want := strings.Join(parts, "-"); p.ID != want {
			t.Errorf("%s: the id is %s, the folder asks for %s", dir, p.ID, want)
		}
		if want := "data.parapet." + strings.ReplaceAll(strings.Join(parts, "."), "-", "_"); p.Package != want {
			t.Errorf("%s: the package is %s, the folder asks for %s", dir, p.Package, want)
		}
		entries, err := fs.ReadDir(policies.FS, dir)
		if err != nil {
			t.Fatal(err)
		}
		names := make([]string, len(entries))
		for i, e := range entries {
			names[i] = e.Name()
		}
		names = slices.DeleteFunc(names, func(n string) bool { return n == "policy_test.rego" })
		if want := []string{"bad.tf", "good.tf", "policy.rego"}; !slices.Equal(names, want) {
			t.Errorf("%s holds %v, want %v", dir, names, want)
		}
	}
	for dir := range byFolder {
		t.Errorf("%s is a policy outside aws/<service>/<name>", dir)
	}
	if len(dirs) < 24 || len(services) < 10 {
		t.Errorf("%d policies over %d services; the library has at least 24 over 10", len(dirs), len(services))
	}
}

// frameworkIDs says how controls of the known frameworks are written.
var frameworkIDs = map[string]*regexp.Regexp{
	"cis-aws-5.0": regexp.MustCompile(`^[1-5](\.[1-9][0-9]?){1,2}$`),
	"aws-fsbp":    regexp.MustCompile(`^[A-Za-z]+[A-Za-z0-9]*\.[1-9][0-9]*$`),
}

// TestMetadata checks what users read: complete sentences, known severities
// and frameworks, documented parameters, and advice where no guardrail helps.
func TestMetadata(t *testing.T) {
	titles := map[string]string{}
	for _, p := range library(t).Policies() {
		if p.Title == "" || strings.HasSuffix(p.Title, ".") {
			t.Errorf("%s: the title %q must be there, without a full stop", p.ID, p.Title)
		}
		if other := titles[p.Title]; other != "" {
			t.Errorf("%s has the title of %s", p.ID, other)
		}
		titles[p.Title] = p.ID
		for name, text := range map[string]string{"description": p.Description, "remediation": p.Remediation} {
			if !strings.HasSuffix(strings.TrimSpace(text), ".") {
				t.Errorf("%s: the %s must be sentences, not %q", p.ID, name, text)
			}
		}
		if len(p.Types) == 0 {
			t.Errorf("%s names no resource type", p.ID)
		}
		if _, err := finding.ParseSeverity(string(p.Severity)); err != nil {
			t.Errorf("%s: %v", p.ID, err)
		}
		if p.Instead != "" && p.Guardrail {
			t.Errorf("%s declares a guardrail and says that there is none", p.ID)
		}
		for framework, controls := range p.Frameworks {
			form := frameworkIDs[framework]
			if form == nil {
				t.Errorf("%s: unknown framework %s", p.ID, framework)
				continue
			}
			if len(controls) == 0 {
				t.Errorf("%s: %s without controls", p.ID, framework)
			}
			for _, c := range controls {
				if !form.MatchString(c) {
					t.Errorf("%s: %s is no control of %s", p.ID, c, framework)
				}
			}
		}
		for _, param := range p.Parameters {
			if param.Description == "" || param.Default == nil {
				t.Errorf("%s: parameter %s needs a description and a default", p.ID, param.Name)
			}
		}
	}
}

// example loads good.tf or bad.tf of a policy, as users' configurations are
// loaded.
func example(t *testing.T, p engine.Policy, name string) *resource.Set {
	t.Helper()
	source, err := fs.ReadFile(policies.FS, path.Join(folder(p), name))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), source, 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := input.Load(t.Context(), dir, nil, input.Options{Kind: input.KindConfig})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range res.Warnings {
		t.Error(w)
	}
	return resource.NewSet(res.Resources)
}

// TestExamples checks that every policy passes its good example and finds
// fault with each resource of its types in the bad one.
func TestExamples(t *testing.T) {
	e := library(t)
	for _, p := range e.Policies() {
		t.Run(p.ID, func(t *testing.T) {
			one, ds := e.Select(engine.Selection{Only: []string{p.ID}})
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			check := func(name string) map[string]finding.Status {
				set := example(t, p, name)
				res, err := one.Check(t.Context(), set)
				if err != nil {
					t.Fatal(err)
				}
				got := map[string]finding.Status{}
				for _, r := range set.All() {
					if slices.Contains(p.Types, r.Type) {
						got[r.Address] = "pass"
					}
				}
				for _, f := range res.Findings {
					got[f.Resource.Address] = f.Status
					if f.Message == "" || len(f.Attributes) == 0 {
						t.Errorf("%s: %s: a finding without message or attribute: %+v", name, f.Resource.Address, f)
					}
				}
				return got
			}
			good, bad := check("good.tf"), check("bad.tf")
			for address, status := range good {
				if status != "pass" {
					t.Errorf("good.tf: %s: %s", address, status)
				}
			}
			for address, status := range bad {
				if status != finding.Violation {
					t.Errorf("bad.tf: %s: %s", address, status)
				}
			}
			if len(bad) == 0 {
				t.Error("bad.tf holds nothing that the policy judges")
			}
		})
	}
}

// TestUnits runs the Rego unit tests of the library.
func TestUnits(t *testing.T) {
	modules, err := engine.ReadModules(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := engine.ReadTests(policies.FS, "policies")
	if err != nil {
		t.Fatal(err)
	}
	results, ds := engine.Test(t.Context(), modules, tests)
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	if len(results) == 0 {
		t.Error("no tests ran")
	}
	for _, r := range results {
		if !r.Pass {
			t.Errorf("%s:%d: %s: %s", r.File, r.Line, r.Name, r.Message)
		}
	}
}

// guardrailFields are the fields of a declared guardrail by its layer.
var guardrailFields = map[string][]string{
	"scp":         {"actions", "conditions", "fidelity", "layer", "note", "resources", "sid", "trust"},
	"account":     {"fidelity", "layer", "note", "setting", "trust"},
	"declarative": {"content", "fidelity", "layer", "note", "policy_type", "trust"},
}

// TestDeclaredGuardrails checks the form of what policies declare, and that
// nothing is declared without a finding.
func TestDeclaredGuardrails(t *testing.T) {
	e := library(t)
	sids := map[string]string{}
	for _, p := range e.Policies() {
		if !p.Guardrail {
			continue
		}
		none, err := e.Guardrails(t.Context(), p.ID, nil)
		if err != nil || len(none) > 0 {
			t.Errorf("%s: without findings: %v, %v", p.ID, none, err)
		}
		declared, err := e.Guardrails(t.Context(), p.ID, []finding.Finding{{Policy: p.ID}})
		if err != nil || len(declared) == 0 {
			t.Errorf("%s: declared %v, %v", p.ID, declared, err)
		}
		for _, g := range declared {
			layer := fmt.Sprint(g["layer"])
			for field := range g {
				if !slices.Contains(guardrailFields[layer], field) {
					t.Errorf("%s: layer %s has no field %s", p.ID, layer, field)
				}
			}
			for _, field := range guardrailFields[layer] {
				if g[field] == nil && field != "conditions" {
					t.Errorf("%s: layer %s lacks %s", p.ID, layer, field)
				}
			}
			if f := fmt.Sprint(g["fidelity"]); !slices.Contains([]string{"exact", "stricter", "looser"}, f) {
				t.Errorf("%s: fidelity %s", p.ID, f)
			}
			if s := fmt.Sprint(g["trust"]); !slices.Contains([]string{"documented", "reported", "inferred"}, s) {
				t.Errorf("%s: trust %s", p.ID, s)
			}
			if layer == "scp" {
				sid := fmt.Sprint(g["sid"])
				if sids[sid] != "" || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(sid) {
					t.Errorf("%s: sid %s must be letters and digits, and the policy's own", p.ID, sid)
				}
				sids[sid] = p.ID
			}
		}
	}
	if len(sids) == 0 {
		t.Error("no guardrails are declared")
	}
}
