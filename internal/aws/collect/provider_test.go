//go:build e2e

package collect

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/drift"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// differs says what the mock, or the provider speaking to it, does otherwise
// than AWS: "type" or "type.path" and why. Nothing else may differ.
var differs = map[string]string{
	"aws_iam_group_policy_attachment.id":                 "the provider makes it up",
	"aws_iam_role_policy_attachment.id":                  "the provider makes it up",
	"aws_iam_user_policy_attachment.id":                  "the provider makes it up",
	"aws_s3_bucket_acl.id":                               "the provider keeps the canned ACL that was asked for in it",
	"aws_codebuild_project.project_visibility":           "the mock lacks it",
	"aws_ecs_service.deployment_maximum_percent":         "the mock lacks it",
	"aws_ecs_service.deployment_minimum_healthy_percent": "the mock lacks it",
	"aws_lambda_permission.id":                           "the provider's is the statement's, which other functions may have as well",
}

// unsupported are types that the mock does not list, though it holds what they
// are a part of, by configuration: their scope must say so.
var unsupported = map[string]string{"lambda": "aws_lambda_function_url"}

// TestProvider applies testdata/SERVICE.tf to a mock, and compares what is
// collected with what the provider itself reads, on all that is filled. Most of
// its time is the provider's waiting, so services run side by side.
func TestProvider(t *testing.T) {
	nobody(t)
	files, err := filepath.Glob("testdata/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".tf"), func(t *testing.T) {
			t.Parallel()
			tf := tftest.New(t)
			tf.OverrideAWS()
			url := tftest.Moto(t)
			tf.Setenv(tftest.MockEnvironment(url)...)
			dir := t.TempDir()
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), code, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"apply", "-auto-approve", "-no-color"}, {"apply", "-auto-approve", "-refresh-only", "-no-color"}} {
				if _, out, err := tf.Try(dir, args...); err != nil {
					t.Fatalf("terraform %v: %v\n%s", args, err, out[max(0, len(out)-4000):])
				}
			}
			cfg := configure(t, url)
			compare(t, filepath.Join(dir, "terraform.tfstate"), func(types []string) map[string]aws.Outcome {
				return collectFrom(t, cfg, "us-east-1", types...)
			})
			if typ := unsupported[filepath.Base(t.Name())]; typ != "" {
				if o := collectFrom(t, cfg, "us-east-1", typ)[typ]; o.Status != aws.Unsupported || o.Detail == "" || len(o.Resources) > 0 {
					t.Errorf("%s: %+v; if the mock has learnt to list it, compare it", typ, o)
				}
			}
		})
	}
}

// compare looks for every resource of the state among those collected.
func compare(t *testing.T, state string, collect func([]string) map[string]aws.Outcome) {
	t.Helper()
	loaded, err := input.Load(t.Context(), state, nil, input.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]aws.Type{}
	for _, row := range Types() {
		rows[row.Name] = row
	}
	want := loaded.Resources
	var types []string
	for _, r := range want {
		if _, ok := rows[r.Type]; ok && !slices.Contains(types, r.Type) {
			types = append(types, r.Type)
		}
	}
	if len(types) == 0 {
		t.Fatal("the configuration holds nothing that is collected")
	}
	got := collect(types)
	for _, name := range types {
		if o := got[name]; o.Status != aws.Complete || len(o.Gaps) > 0 {
			t.Errorf("%s: %s %s, gaps %v", name, o.Status, o.Detail, o.Gaps)
		}
	}
	for _, w := range want {
		row, ok := rows[w.Type]
		if !ok {
			continue
		}
		g := find(got[w.Type].Resources, w)
		if g == nil {
			t.Errorf("%s (id %s) is not collected", w.Address, w.ID)
			continue
		}
		if w.ARN != "" && g.ARN != w.ARN {
			t.Errorf("%s: the ARN is %q, the provider says %q", w.Address, g.ARN, w.ARN)
		}
		for _, path := range g.Filled {
			if slices.Contains(row.ConfigOnly, path) || slices.Contains(row.Overlap, path) || slices.Contains(row.Volatile, path) {
				continue
			}
			if _, stated := differs[w.Type+"."+path]; stated || path == "id" && g.ID == "" {
				continue
			}
			if have, wanted := canonical(at(g.Values, path)), canonical(at(w.Values, path)); have != wanted {
				t.Errorf("%s: %s is\n  %s\nthe provider reads\n  %s", w.Address, path, have, wanted)
			}
		}
	}
}

// find returns the collected resource that is the same as one of the state: by
// id, else by ARN, else as drift does; what an account has once is the only one.
func find(list []*resource.Resource, w *resource.Resource) *resource.Resource {
	for _, g := range list {
		if g.ID == "" || g.ID == w.ID || g.ARN != "" && g.ARN == w.ARN {
			return g
		}
	}
	return drift.NewIndex(list).Find(w)
}

// at returns what lies at a filled path: under [] the list of what lies below
// every element.
func at(v any, path string) any {
	for i, step := range strings.Split(path, ".") {
		name, list := strings.CutSuffix(step, "[]")
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
		if !list {
			continue
		}
		rest := strings.Join(strings.Split(path, ".")[i+1:], ".")
		elements, _ := v.([]any)
		var out []any
		for _, e := range elements {
			if rest != "" {
				e = at(e, rest)
			}
			out = append(out, e)
		}
		return out
	}
	return v
}

// canonical writes a value so that what means the same is the same: absent,
// empty, false and zero are not told apart by the provider, sets have no order,
// and JSON in a string has one form.
func canonical(v any) string {
	b, err := json.Marshal(fold(v))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func fold(v any) any {
	switch v := v.(type) {
	case string:
		var inner any
		if len(v) > 1 && (v[0] == '{' || v[0] == '[') && json.Unmarshal([]byte(v), &inner) == nil {
			return fold(inner)
		}
		if v == "" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case json.Number:
		if v == "0" {
			return nil
		}
	case []any:
		var keys []string
		var out []any
		for _, e := range v {
			if e = fold(e); e != nil {
				i, _ := slices.BinarySearch(keys, canonical(e))
				keys, out = slices.Insert(keys, i, canonical(e)), slices.Insert(out, i, e)
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			if e = fold(e); e != nil {
				out[k] = e
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}
