package input

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

// TestSchemaSecrets reads what is sensitive by the schema of the provider alone,
// which neither a raw state nor a configuration marks.
func TestSchemaSecrets(t *testing.T) {
	state, err := loadText(t, `{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[
		{"mode":"managed","type":"aws_db_instance","name":"db","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[
			{"attributes":{"id":"db","password":"hunter2","username":"root"},"sensitive_attributes":[]}]},
		{"mode":"managed","type":"aws_mq_broker","name":"mq","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[
			{"attributes":{"id":"mq","user":[{"username":"a"},{"username":"b","password":"hunter2"}]},"sensitive_attributes":[]}]}]}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(`
resource "aws_db_instance" "db" {
  username = "root"
  password = "hunter2"
}
resource "aws_mq_broker" "mq" {
  user {
    username = "a"
  }
  user {
    username = "b"
    password = "hunter2"
  }
}`), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := Load(t.Context(), dir, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []Result{state, config} {
		got := byAddress(t, in)
		if want := map[string]any{"password": true}; !reflect.DeepEqual(got["aws_db_instance.db"].Sensitive, any(want)) {
			t.Errorf("%s: %v", in.Info.Kind, got["aws_db_instance.db"].Sensitive)
		}
		mq := got["aws_mq_broker.mq"]
		if !resource.Marked(mq.Sensitive, resource.Path{"user", 1, "password"}) ||
			resource.Marked(mq.Sensitive, resource.Path{"user", 0, "username"}) || resource.Marked(mq.Sensitive, resource.Path{"user", 1, "username"}) {
			t.Errorf("%s: %v", in.Info.Kind, mq.Sensitive)
		}
	}
}

// TestTagSecrets reads sensitive tags, which the provider copies to tags_all
// without their marks.
func TestTagSecrets(t *testing.T) {
	const plan = `{"format_version":"1.2","resource_changes":[{"address":"aws_ebs_volume.v","mode":"managed","type":"aws_ebs_volume","name":"v",
		"provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["create"],"before":null,
		"after":{"tags":{"A":"hunter2","B":"b"},"tags_all":{"A":"hunter2","B":"b"}},"after_unknown":{},"before_sensitive":false,
		"after_sensitive":{"tags":{"A":true},"tags_all":{}}}}]}`
	const state = `{"version":4,"serial":1,"lineage":"l","outputs":{},"resources":[
		{"mode":"managed","type":"aws_ebs_volume","name":"v","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[
			{"attributes":{"tags":{"A":"hunter2","B":"b"},"tags_all":{"A":"hunter2","B":"b"}},
			 "sensitive_attributes":[[{"type":"get_attr","value":"tags"},{"type":"index","value":{"value":"A","type":"string"}}]]}]}]}`
	for name, text := range map[string]string{"plan": plan, "state": state} {
		res, err := loadText(t, text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s := res.Resources[0].Sensitive; !resource.Marked(s, resource.Path{"tags_all", "A"}) {
			t.Errorf("%s: %v", name, s)
		}
	}
	masked, _ := loadWhole(t, plan, Everything()).Masked("gone", func(string) bool { return true })
	if text := masked.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, `"b"`) {
		t.Error(text)
	}
}

// TestDefaultTagSecrets reads default tags that are made of a sensitive
// variable: nothing in a plan marks them in tags_all.
func TestDefaultTagSecrets(t *testing.T) {
	t.Parallel()
	const plan = `{"format_version":"1.2","variables":{"key":{"value":"hunter2"},"short":{"value":"b"},"open":{"value":"prod"}},
		"planned_values":{"root_module":{"resources":[{"address":"aws_ebs_volume.v","mode":"managed","type":"aws_ebs_volume","name":"v",
			"values":{"tags_all":{"A":"hunter2","B":"b"}},"sensitive_values":{}}]}},
		"resource_changes":[{"address":"aws_ebs_volume.v","mode":"managed","type":"aws_ebs_volume","name":"v",
		"provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["update"],
		"before":{"tags_all":{"Old":"id-hunter2"}},
		"after":{"tags":{"E":"prod"},"tags_all":{"A":"hunter2","B":"b","C":"bb","D":"arn:hunter2","E":"prod"}},"after_unknown":{},"before_sensitive":false,
		"after_sensitive":{"tags":{},"tags_all":{}}}}],
		"configuration":{"root_module":{"variables":{"key":{"sensitive":true},"short":{"sensitive":true},"open":{}}}}}`
	res, err := loadText(t, plan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"A": true, "B": true, "C": false, "D": true, "E": false, "Old": true} {
		if resource.Marked(res.Resources[0].Sensitive, resource.Path{"tags_all", name}) != want {
			t.Errorf("the mark of %s is not %v", name, want)
		}
	}
	for _, p := range []*Projection{Everything(), pathProjection("resource_changes", "", "change", "after", "tags_all", "A")} {
		masked, _ := loadWhole(t, plan, p).Masked("gone", func(string) bool { return true })
		for _, part := range []string{"resource_changes", "planned_values"} {
			if m := memberOf(masked, part); m != nil && strings.Contains(m.String(), "hunter2") {
				t.Errorf("%v", m)
			}
		}
	}
}

// TestConstantSecrets reads constants in the configuration of a plan that stand
// for what is sensitive by the provider's schema or by a variable of a module.
func TestConstantSecrets(t *testing.T) {
	t.Parallel()
	const plan = `{"format_version":"1.2","resource_changes":[],"planned_values":{},"configuration":{
		"provider_config":{"aws":{"name":"aws","expressions":{"secret_key":{"constant_value":"hunter2"},"region":{"constant_value":"eu-west-1"}}}},
		"root_module":{
			"outputs":{"o":{"sensitive":true,"expression":{"constant_value":"hunter2"}}},
			"resources":[
				{"address":"aws_db_instance.a","mode":"managed","type":"aws_db_instance","name":"a","expressions":{"password":{"constant_value":"hunter2"},"username":{"constant_value":"root"}}},
				{"address":"aws_mq_broker.a","mode":"managed","type":"aws_mq_broker","name":"a","expressions":{"user":[{"username":{"constant_value":"joe"},"password":{"constant_value":"hunter2"}}]}}],
			"module_calls":{"m":{"expressions":{"key":{"constant_value":"hunter2"},"name":{"constant_value":"shop"}},"module":{
				"variables":{"key":{"sensitive":true},"name":{}},
				"resources":[{"address":"aws_db_instance.b","mode":"managed","type":"aws_db_instance","name":"b","expressions":{"password":{"constant_value":"hunter2"}}}]}}}}}}`
	everything := loadWhole(t, plan, Everything())
	masked, differs := everything.Masked("gone", func(string) bool { return true })
	text := masked.String()
	if !differs || strings.Contains(text, "hunter2") {
		t.Error(text)
	}
	for _, open := range []string{"root", "joe", "shop", "eu-west-1"} {
		if !strings.Contains(text, open) {
			t.Errorf("%s is gone", open)
		}
	}
	// A policy that reads no types does not get to see the constants either.
	for _, p := range []*Projection{
		pathProjection("configuration", "root_module", "resources", "", "expressions", "password", "constant_value"),
		pathProjection("configuration", "root_module", "module_calls", "m", "module", "resources", "", "expressions", "password", "constant_value"),
		pathProjection("configuration", "root_module", "module_calls", "", "expressions", "key", "constant_value"),
	} {
		if masked, differs := loadWhole(t, plan, p).Masked("gone", func(string) bool { return true }); !differs || strings.Contains(masked.String(), "hunter2") {
			t.Errorf("%v", masked)
		}
	}
}
