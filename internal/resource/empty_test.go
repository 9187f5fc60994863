package resource

import (
	"reflect"
	"testing"
)

// What is not set is absent, whether the state writes null or an empty text;
// an empty text in a map is a value.
func TestDropEmpty(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"permissions_boundary": "", "name": "a", "tags": map[string]any{"empty": ""}, "names": []any{"", "a"},
		"block": []any{map[string]any{"kms_key_id": "", "variables": map[string]any{"A": ""}, "inner": []any{map[string]any{"x": ""}}}},
	}
	want := map[string]any{
		"name": "a", "tags": map[string]any{"empty": ""}, "names": []any{"", "a"},
		"block": []any{map[string]any{"variables": map[string]any{"A": ""}, "inner": []any{map[string]any{}}}},
	}
	if DropEmpty(values); !reflect.DeepEqual(values, want) {
		t.Errorf("%v", values)
	}
}
