package input

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

// TestUnset: what is known only after apply because nobody set it is told from
// what an expression will give.
func TestUnset(t *testing.T) {
	for _, tt := range []struct {
		name, unknown, expressions, actions, want string
	}{
		{"not set", `{"acl":true}`, `{"bucket":{"constant_value":"b"}}`, "create", `{"acl":true}`},
		{"set by a reference", `{"kms_key_id":true}`, `{"kms_key_id":{"references":["aws_kms_key.a.arn"]}}`, "create", `null`},
		{"set by a call without references", `{"name":true}`, `{"name":{}}`, "create", `null`},
		{"set to null", `{"kms_key_id":true}`, `{"kms_key_id":{"constant_value":null}}`, "create", `{"kms_key_id":true}`},
		{"a block that is not there", `{"metadata_options":true}`, `{}`, "create", `{"metadata_options":true}`},
		{
			"inside a block", `{"metadata_options":[{"http_tokens":true,"http_endpoint":true}]}`,
			`{"metadata_options":[{"http_endpoint":{"references":["var.x"]}}]}`, "create", `{"metadata_options":[{"http_tokens":true}]}`,
		},
		{
			"blocks that a dynamic block makes", `{"ingress":[{"from_port":true},{"from_port":true}]}`,
			`{"ingress":[{"to_port":{"constant_value":1}}]}`, "create", `null`,
		},
		{"a replacement", `{"acl":true}`, `{}`, `delete","create`, `{"acl":true}`},
		{"an update: silence keeps the value", `{"acl":true}`, `{}`, "update", `null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := `{"format_version":"1.2","resource_changes":[{"address":"aws_x.a","mode":"managed","type":"aws_x","name":"a",
				"change":{"actions":["` + tt.actions + `"],"before":null,"after":{},"after_unknown":` + tt.unknown + `}}],
				"configuration":{"root_module":{"resources":[{"address":"aws_x.a","mode":"managed","type":"aws_x","name":"a","expressions":` + tt.expressions + `}]}}}`
			res, err := Load(t.Context(), "-", strings.NewReader(plan), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if got := res.Resources[0].Unset; !reflect.DeepEqual(got, want) {
				t.Errorf("unset: %v, want %v", got, want)
			}
			if !resource.AnyMark(res.Resources[0].Unknown) {
				t.Error("what is not set must stay unknown as well")
			}
		})
	}
}
