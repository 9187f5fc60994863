package input

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

const plans = "../../testdata/plans/"

// TestConfigAgreesWithPlan holds the loader of configuration to Terraform
// itself: whatever it gives a value must be in the plan of the same
// configuration, and what it calls unknown must not be known there.
func TestConfigAgreesWithPlan(t *testing.T) {
	for _, name := range []string{"shop", "clean", "changes"} {
		t.Run(name, func(t *testing.T) {
			plan, err := Load(t.Context(), plans+name+"/plan.json", nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			config, err := Load(t.Context(), plans+name, nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			planned := map[string]*resource.Resource{}
			for _, r := range plan.Resources {
				planned[r.Address] = r
			}
			for _, c := range config.Resources {
				p := planned[c.Address]
				if p == nil {
					t.Errorf("%s is not in the plan", c.Address)
					continue
				}
				within(t, c.Address, c.Values, p.Values, c.Unknown, p.Unknown)
				if !slices.Equal(c.Refs, p.Refs) {
					t.Errorf("%s refers to %q, in the plan to %q", c.Address, c.Refs, p.Refs)
				}
				for _, where := range []struct{ what, config, plan string }{
					{"account", c.Account, p.Account},
					{"region", c.Region, p.Region},
					{"partition", c.Partition, p.Partition},
					{"provider", c.Provider, p.Provider},
				} {
					if where.config != where.plan {
						t.Errorf("%s: %s is %q, in the plan %q", c.Address, where.what, where.config, where.plan)
					}
				}
			}
			made := 0
			for _, p := range plan.Resources {
				if !p.Deleted() {
					made++
				}
			}
			if len(config.Resources) != made || len(config.Warnings) != 0 {
				t.Errorf("%d resources, in the plan %d; %v", len(config.Resources), made, config.Warnings)
			}
		})
	}
}

// within reports what of a configuration's value differs from the plan's. A set
// with one unknown element is wholly unknown in a plan.
func within(t *testing.T, at string, config, plan, open, unknown any) {
	t.Helper()
	if unknown == true && !resource.AnyMark(open) {
		t.Errorf("%s is known as %v, but not in the plan", at, config)
	}
	if unknown == true {
		return
	}
	switch c := config.(type) {
	case map[string]any:
		p, _ := plan.(map[string]any)
		for k, v := range c {
			within(t, at+"."+k, v, p[k], member(open, k), member(unknown, k))
		}
	case []any:
		p, _ := plan.([]any)
		if len(p) != len(c) {
			t.Errorf("%s has %d elements, in the plan %d", at, len(c), len(p))
			return
		}
		for i, v := range c {
			within(t, fmt.Sprintf("%s[%d]", at, i), v, p[i], member(open, i), member(unknown, i))
		}
	default:
		if fmt.Sprint(config) != fmt.Sprint(plan) && !sameJSON(config, plan) {
			t.Errorf("%s is %v, in the plan %v", at, config, plan)
		}
	}
}

func member(tree any, step any) any {
	v, _ := resource.Lookup(tree, resource.Path{step})
	return v
}

func sameJSON(a, b any) bool {
	var x, y any
	s, _ := a.(string)
	u, _ := b.(string)
	return json.Unmarshal([]byte(s), &x) == nil && json.Unmarshal([]byte(u), &y) == nil && reflect.DeepEqual(x, y)
}
