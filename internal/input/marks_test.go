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
