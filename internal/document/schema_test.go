package document

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/schema"
)

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	const src = `# METADATA
# custom:
#   unchecked: ["aws_instance.brand_new"]
package main

deny contains msg if {
	some rc in input.resource_chagnes
	msg := rc.address
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type == "aws_s3_bucket"
	rc.change.afterr.acl == "public-read"
	msg := rc.address
}

deny contains msg if {
	some rc in input.resource_changes
	rc.type in {"aws_instance", "aws_launch_template"}
	after := rc.change.after
	not after.metadata_options.http_tokens == "required"
	not after.metadata_option[0].http_tokens == "required"
	rc.change.after.tags.Owner
	msg := sprintf("%s %s", [rc.address, rc.change.after.brand_new])
}

deny contains msg if {
	input.resource_changes[i].type == "aws_s3_buckte"
	msg := input.resource_changes[i].address
}

deny contains msg if {
	rc := input.resource_changes[_]
	rc.type == "google_storage_bucket"
	rc.change.after.whatever
	msg := "m"
}

deny contains msg if {
	rc := input.resource_changes[_]
	rc.type == "aws_instance"
	rc.change.after.brand_new
	rc.change.after.amii
	msg := "m"
}

deny contains "m" if input.kind == "Deployment"
`
	p, ds := New(Options{Modules: []engine.Module{{Path: "a.rego", Source: []byte(src)}}})
	if ds.HasErrors() {
		t.Fatal(ds)
	}
	provider, err := schema.AWS()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := (diag.Writer{Out: &b}).Write(p.CheckSchema(provider)...); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, "this is version") && !strings.Contains(line, "other types") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := `error[policy-undefined]: a plan has no resource_chagnes
at a.rego:7:19
hint: did you mean input.resource_changes?
error[policy-undefined]: resource_changes[].change has no afterr in a plan
at a.rego:14:12
hint: did you mean input.resource_changes[].change.after?
error[policy-schema]: aws_instance.metadata_options is a list of blocks
at a.rego:22:29
hint: did you mean metadata_options[0].http_tokens?
error[policy-schema]: aws_instance has no attribute metadata_option
at a.rego:23:12
hint: did you mean metadata_options?
error[policy-schema]: there is no resource type aws_s3_buckte
at a.rego:29:36
hint: did you mean aws_s3_bucket?
error[policy-schema]: aws_instance has no attribute amii
at a.rego:44:18
hint: did you mean ami?
warning[policy-undefined]: a plan has no kind
at a.rego:48:28`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}
