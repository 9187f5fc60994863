package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// header is the METADATA of a test policy.
func header(id, pkg string) string {
	return fmt.Sprintf("# METADATA\n# title: Title of %s\n# custom:\n#   id: %s\n#   severity: high\npackage %s\n\n", id, id, pkg)
}

// rego makes a module of one test policy.
func rego(id, body string) Module {
	return Module{Path: id + ".rego", Source: []byte(header(id, "test."+strings.ReplaceAll(id, "-", "_")) + body)}
}

func mustNew(t testing.TB, mods ...Module) *Engine {
	t.Helper()
	e, ds := New(Options{Modules: mods})
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// object parses JSON as a loader would.
func object(t testing.TB, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func tree(t testing.TB, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func check(t testing.TB, e *Engine, rs ...*resource.Resource) Result {
	t.Helper()
	res, err := e.Check(t.Context(), resource.NewSet(rs))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

const imds = `deny contains violation if {
	input.resource.type in {"aws_instance", "aws_launch_template"}
	not input.resource.values.metadata_options[0].http_tokens == "required"
	violation := {"msg": "accepts IMDSv1", "attribute": "metadata_options[0].http_tokens"}
}
`

func TestCheck(t *testing.T) {
	t.Parallel()
	e := mustNew(t, rego("imds", imds))
	p := e.Policies()[0]
	if got := fmt.Sprint(p.Types, p.Attributes, p.Related, p.Line); got != "[aws_instance aws_launch_template] [metadata_options[0].http_tokens] [] 8" {
		t.Errorf("policy reads %s", got)
	}
	bad := &resource.Resource{Type: "aws_instance", Address: "aws_instance.bad", Values: map[string]any{}}
	good := &resource.Resource{Type: "aws_instance", Address: "aws_instance.good", Values: object(t, `{"metadata_options":[{"http_tokens":"required"}]}`)}
	gone := &resource.Resource{Type: "aws_instance", Address: "aws_instance.gone", Actions: []resource.Action{resource.ActionDelete}}
	other := &resource.Resource{Type: "aws_s3_bucket", Address: "aws_s3_bucket.b"}
	res := check(t, e, bad, good, gone, other)
	if len(res.Findings) != 1 || res.Passed != 1 {
		t.Fatalf("got %d findings, %d passed: %+v", len(res.Findings), res.Passed, res.Findings)
	}
	f := res.Findings[0]
	if f.Status != finding.Violation || f.Resource.Address != "aws_instance.bad" || f.Message != "accepts IMDSv1" ||
		fmt.Sprint(f.Attributes) != "[metadata_options[0].http_tokens]" {
		t.Errorf("finding %+v", f)
	}
	if v, ok := f.Observed["metadata_options[0].http_tokens"]; !ok || v != nil {
		t.Errorf("observed %v", f.Observed)
	}
}
