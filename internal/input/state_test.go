package input

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

// TestStateAgreesWithPlan reads the state that a plan was made from: what the
// plan calls before is what the state holds.
func TestStateAgreesWithPlan(t *testing.T) {
	plan, err := Load(t.Context(), filepath.Join(plans, "changes", "plan.json"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := Load(t.Context(), filepath.Join(plans, "changes", "terraform.tfstate"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if state.Info.Kind != KindState || len(state.Resources) != 7 {
		t.Fatalf("%+v", state.Info)
	}
	planned := byAddress(t, plan)
	for _, s := range state.Resources {
		address := s.Address
		if address == "aws_iam_user.old" {
			address = `aws_iam_user.person["ann"]` // moved
		}
		p := planned[address]
		if p == nil {
			t.Errorf("%s is not in the plan", address)
			continue
		}
		for name, v := range s.Values {
			if !reflect.DeepEqual(v, p.Before[name]) {
				t.Errorf("%s of %s is %v, in the plan %v", name, s.Address, v, p.Before[name])
			}
		}
		if s.ID == "" || s.Origin != resource.OriginState || len(s.Actions) != 0 || s.Provider != p.Provider {
			t.Errorf("%+v", s)
		}
	}
	gone := byAddress(t, state)["aws_instance.gone"]
	if at(t, gone.Sensitive, "user_data") != true || gone.Account != "111122223333" || gone.Region != "eu-west-1" {
		t.Errorf("%+v", gone)
	}
}

// TestStateKeys reads modules, instance keys and the paths of sensitive values.
func TestStateKeys(t *testing.T) {
	res, err := loadText(t, `{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"l","outputs":{},"resources":[
		{"module":"module.a[\"x\"]","mode":"managed","type":"aws_x","name":"y","provider":"module.a.provider[\"registry.terraform.io/hashicorp/aws\"].us",
		 "instances":[{"index_key":"k.${v}","attributes":{"id":"1","l":[{"s":"t"}],"m":{"a":"b"},"z":null},
			"sensitive_attributes":[[{"type":"get_attr","value":"l"},{"type":"index","value":{"value":0,"type":"number"}},{"type":"get_attr","value":"s"}],
			[{"type":"get_attr","value":"m"},{"type":"get_attr","value":"a"}]]},
			{"index_key":3,"attributes":{}},{"deposed":"ab","attributes":{}}]},
		{"mode":"data","type":"aws_x","name":"d","instances":[{"attributes":{}}]}]}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 2 {
		t.Fatalf("%d resources", len(res.Resources))
	}
	want := &resource.Resource{
		Type: "aws_x", Name: "y", Address: `module.a["x"].aws_x.y["k.$${v}"]`, Provider: "registry.terraform.io/hashicorp/aws",
		ID: "1", Origin: resource.OriginState,
		Values:    map[string]any{"id": "1", "l": []any{map[string]any{"s": "t"}}, "m": map[string]any{"a": "b"}},
		Sensitive: map[string]any{"l": true, "m": map[string]any{"a": true}},
	}
	if !reflect.DeepEqual(res.Resources[0], want) {
		t.Errorf("got  %+v\nwant %+v", res.Resources[0], want)
	}
	if a := res.Resources[1].Address; a != `module.a["x"].aws_x.y[3]` {
		t.Errorf("the second instance is %s", a)
	}
}

// TestStateShown reads the JSON form of a state, here taken from a real plan,
// which embeds the same form as prior_state.
func TestStateShown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(plans, "changes", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		Prior json.RawMessage `json:"prior_state"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	res, err := loadText(t, string(plan.Prior), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Info.Kind != KindState || len(res.Resources) != 7 {
		t.Fatalf("%+v", res.Info)
	}
	gone := byAddress(t, res)["aws_instance.gone"]
	if gone.ID != "i-0a1b2c3d4e5f60718" || at(t, gone.Values, "metadata_options[0].http_tokens") != "optional" ||
		at(t, gone.Sensitive, "user_data") != true {
		t.Errorf("%+v", gone)
	}
}

// Resources of one provider configuration live where those with an ARN do,
// unless these do not agree.
func TestStatePlaces(t *testing.T) {
	const text = `{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[
		{"mode":"managed","type":"aws_sqs_queue","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"arn":"arn:aws:sqs:eu-west-1:111122223333:a"}}]},
		{"mode":"managed","type":"aws_sns_topic_subscription","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"arn":"arn:aws:sns:us-east-1:777777777777:theirs:1"}}]},
		{"mode":"managed","type":"aws_iam_role","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"arn":"arn:aws:iam::ACCOUNT:role/a"}}]},
		{"mode":"managed","type":"aws_ebs_encryption_by_default","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"id":"terraform-1"}}]},
		{"mode":"managed","type":"aws_ebs_encryption_by_default","name":"b","provider":"provider[\"registry.terraform.io/hashicorp/aws\"].other","instances":[{"attributes":{"id":"terraform-2"}}]}]}`
	for account, want := range map[string]string{"111122223333": "111122223333", "444455556666": ""} {
		res, err := loadText(t, strings.ReplaceAll(text, "ACCOUNT", account), Options{})
		if err != nil {
			t.Fatal(err)
		}
		all := byAddress(t, res)
		if r := all["aws_ebs_encryption_by_default.a"]; r.Region != "eu-west-1" || r.Account != want {
			t.Errorf("beside a queue and a role of %s: %q %q", account, r.Region, r.Account)
		}
		if r := all["aws_ebs_encryption_by_default.b"]; r.Region != "" || r.Account != "" {
			t.Errorf("of another provider: %q %q", r.Region, r.Account)
		}
	}
}
