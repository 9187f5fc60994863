package input

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

const againPlan = `{"format_version":"1.2","planned_values":{},"variables":{"key":{"value":"hunter2"}},"resource_changes":[
 {"address":"aws_ebs_volume.a","mode":"managed","type":"aws_ebs_volume","name":"a","change":{"actions":["create"],"before":null,
  "after":{"size":1},"after_unknown":{},"after_sensitive":{}}},
 {"change":{"actions":["delete"],"before":{"size":2},"after":null,"after_unknown":{},"after_sensitive":false},
  "address":"aws_ebs_volume.b","mode":"managed","type":"aws_ebs_volume","name":"b"},
 {"address":"aws_ebs_volume.c","mode":"managed","type":"aws_ebs_volume","name":"c","change":{"actions":["no-op"],"before":{"size":3},
  "after":{"size":3,"tags_all":{"k":"hunter2"}},"after_unknown":{},"after_sensitive":{"size":true}}},
 {"address":"data.aws_ami.d","mode":"data","type":"aws_ami","name":"d","change":{"actions":["read"],"after":{}}},
 {"address":"aws_ebs_volume.e","deposed":"1234","mode":"managed","type":"aws_ebs_volume","name":"e","change":{"actions":["delete"],"after":null}}],
 "configuration":{"root_module":{"variables":{"key":{"sensitive":true}},"resources":[
  {"address":"aws_ebs_volume.c","mode":"managed","type":"aws_ebs_volume","name":"c","expressions":{}}]}}}`

// TestOnly reads some resources of a plan, and of these what all would be.
func TestOnly(t *testing.T) {
	t.Parallel()
	all, err := loadText(t, againPlan, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"aws_ebs_volume.a", "aws_ebs_volume.b", "aws_ebs_volume.c"} {
		some, err := loadText(t, againPlan, Options{Only: func(a string) bool { return a == address }})
		if err != nil {
			t.Fatal(err)
		}
		if len(some.Resources) != 1 || !reflect.DeepEqual(some.Resources[0], byAddress(t, all)[address]) {
			t.Errorf("%s: %+v", address, some.Resources)
		}
	}
	none, err := loadText(t, againPlan, Options{Only: func(string) bool { return false }})
	if err != nil || len(none.Resources) != 0 {
		t.Errorf("%v, %v", none.Resources, err)
	}
}

// TestAgain reads the document alone where the caller can come back for the
// resources, and both where it cannot.
func TestAgain(t *testing.T) {
	t.Parallel()
	o := Options{Document: pathProjection("resource_changes", "", "change", "after", "type"), OnlyDocument: true, Again: true}
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, []byte(againPlan), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Load(t.Context(), path, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if file.Resources != nil {
		t.Errorf("resources were read: %v", file.Resources)
	}
	want := []*resource.Resource{
		{Address: "aws_ebs_volume.a", Type: "aws_ebs_volume", Origin: resource.OriginPlan, Actions: []resource.Action{resource.ActionCreate}},
		{Address: "aws_ebs_volume.b", Type: "aws_ebs_volume", Origin: resource.OriginPlan, Actions: []resource.Action{resource.ActionDelete}},
		{Address: "aws_ebs_volume.c", Type: "aws_ebs_volume", Origin: resource.OriginPlan, Actions: []resource.Action{resource.ActionNoOp}},
	}
	if !reflect.DeepEqual(file.Document.Changes, want) {
		t.Errorf("%+v", file.Document.Changes)
	}
	if got := file.Document.Secretive(); !reflect.DeepEqual(got, map[string]bool{"aws_ebs_volume.c": true}) {
		t.Errorf("%v", got)
	}
	stream, err := Load(t.Context(), "-", strings.NewReader(againPlan), o)
	if err != nil || len(stream.Resources) != 3 {
		t.Errorf("%v, %v", stream.Resources, err)
	}
}
