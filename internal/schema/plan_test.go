package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/schema"
)

func TestCheckPlan(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"resource_changes": "",
		"resource_changes.[].change.after.anything.at.all":                                   "",
		"resource_changes.[].change.actions.[]":                                              "",
		"planned_values.root_module.child_modules.[].resources.0":                            "",
		"planned_values.root_module.child_modules.[].child_modules.[].resources.[].values.x": "",
		"configuration.root_module.module_calls.m.module.module_calls.n.module.resources":    "",
		"configuration.provider_config.aws.expressions.region":                               "",
		"variables.env.value":                   "",
		"checks.[].whatever":                    "",
		"[]":                                    "",
		"resource_chagnes":                      "a plan has no resource_chagnes; did you mean resource_changes?",
		"resource_changes.[].change.afterr.acl": "resource_changes[].change has no afterr in a plan; did you mean resource_changes[].change.after?",
		"resource_changes.[].values":            "resource_changes[] has no values in a plan",
		"kind":                                  "a plan has no kind",
		"planned_values.root_module.child_modules.[].resource": "planned_values.root_module.child_modules[] has no resource in a plan; did you mean planned_values.root_module.child_modules[].resources?",
	} {
		steps := strings.Split(path, ".")
		for i, s := range steps {
			if s == "[]" {
				steps[i] = ""
			}
		}
		got := ""
		if err := schema.CheckPlan(steps); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestCheckPlanOnPlans holds the format to real plans: whatever stands in one
// is known.
func TestCheckPlanOnPlans(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/plans/*/plan.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		known(t, file, doc, nil)
	}
}

func known(t *testing.T, file string, v any, at []string) {
	t.Helper()
	if err := schema.CheckPlan(at); err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			known(t, file, e, append(slices.Clip(at), k))
		}
	case []any:
		for _, e := range v {
			known(t, file, e, append(slices.Clip(at), ""))
		}
	}
}
