package cmd_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// volume is a live volume as a collector would give it.
func volume(id string, encrypted bool, size string) *resource.Resource {
	return &resource.Resource{
		Type: "aws_ebs_volume", Address: "aws_ebs_volume." + id, ID: id, ARN: "arn:aws:ec2:eu-west-1:111122223333:volume/" + id,
		Values: map[string]any{"id": id, "encrypted": encrypted, "size": json.Number(size)},
		Filled: []string{"id", "encrypted", "size"},
	}
}

// snapshotOf writes a snapshot of one scope of each type.
func snapshotOf(t *testing.T, scopes map[string]snapshot.Status, resources ...*resource.Resource) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snap")
	request := snapshot.Request{Partition: "aws", Accounts: []string{"111122223333"}, Regions: []string{"eu-west-1"}}
	types := map[string]snapshot.Type{}
	for typ := range scopes {
		request.Types = append(request.Types, typ)
		types[typ] = snapshot.Type{Filled: []string{"id"}}
	}
	w, err := snapshot.Create(dir, "parapet test", request, types)
	if err != nil {
		t.Fatal(err)
	}
	for typ, status := range scopes {
		var list []*resource.Resource
		for _, r := range resources {
			if r.Type == typ {
				list = append(list, r)
			}
		}
		if err := w.Put(snapshot.Entry{Scope: snapshot.Scope{Account: "111122223333", Region: "eu-west-1", Type: typ}, Status: status}, list); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Finish(nil, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

const volumesState = `{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}, "resources": [
 {"mode": "managed", "type": "aws_ebs_volume", "name": "a", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
  "instances": [
   {"index_key": 0, "schema_version": 0, "attributes": {"id": "vol-1", "encrypted": true, "size": 8, "final_snapshot": true}},
   {"index_key": 1, "schema_version": 0, "attributes": {"id": "vol-2", "encrypted": true, "size": 8}},
   {"index_key": 2, "schema_version": 0, "attributes": {"id": "vol-3", "encrypted": true, "size": 8}}]}]}`

// ofVolumes gives the state on standard input.
func ofVolumes(s *cmd.Streams) { s.In = strings.NewReader(volumesState) }

// Drift that violates a policy comes first, then other drift; what was not read
// is unknown.
func TestDrift(t *testing.T) {
	t.Parallel()
	all := map[string]snapshot.Status{"aws_ebs_volume": snapshot.Complete}
	cases := []struct {
		name   string
		scopes map[string]snapshot.Status
		live   []*resource.Resource
		code   int
		want   []string // policy, status and message of each finding
	}{
		{"untouched", all, []*resource.Resource{volume("vol-1", true, "8"), volume("vol-2", true, "8"), volume("vol-3", true, "8"), volume("vol-9", true, "1")}, 0, nil},
		{"touched", all, []*resource.Resource{volume("vol-1", false, "8"), volume("vol-2", true, "16")}, 1, []string{
			"aws-ec2-ebs-encryption violation aws_ebs_volume.a[0]: is not encrypted; not so as Terraform says it: encrypted is false, Terraform says true",
			"drift violation aws_ebs_volume.a[0]: encrypted is false, Terraform says true",
			"drift violation aws_ebs_volume.a[1]: size is 16, Terraform says 8",
			"drift violation aws_ebs_volume.a[2]: is not there any more",
		}},
		{"not read", map[string]snapshot.Status{"aws_ebs_volume": snapshot.DeniedBySCP}, nil, 0, []string{
			"drift unknown aws_ebs_volume.a[0]: cannot be compared: not read: denied by SCP",
			"drift unknown aws_ebs_volume.a[1]: cannot be compared: not read: denied by SCP",
			"drift unknown aws_ebs_volume.a[2]: cannot be compared: not read: denied by SCP",
		}},
		{"not asked for", map[string]snapshot.Status{"aws_instance": snapshot.Complete}, nil, 0, []string{
			"drift unknown aws_ebs_volume.a[0]: cannot be compared: the snapshot was not asked for aws_ebs_volume",
			"drift unknown aws_ebs_volume.a[1]: cannot be compared: the snapshot was not asked for aws_ebs_volume",
			"drift unknown aws_ebs_volume.a[2]: cannot be compared: the snapshot was not asked for aws_ebs_volume",
		}},
	}
	for _, c := range cases {
		snap := snapshotOf(t, c.scopes, c.live...)
		code, stdout, stderr := run(t, ofVolumes, "drift", snap, "-", "--format", "json", "--select", "aws-ec2-ebs-encryption")
		rep, err := finding.Read([]byte(stdout), "stdout")
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, stderr)
		}
		var got []string
		for _, f := range rep.Findings {
			got = append(got, f.Policy+" "+string(f.Status)+" "+f.Resource.Address+": "+f.Message)
		}
		if code != c.code || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: exit code %d\n%s\nwant %d\n%s", c.name, code, strings.Join(got, "\n"), c.code, strings.Join(c.want, "\n"))
		}
	}
}

func TestDriftErrors(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, map[string]snapshot.Status{"aws_ebs_volume": snapshot.Complete})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"drift", snap}, "accepts 2 arg"},
		{[]string{"drift", snap, snap}, "drift-two-snapshots"},
		{[]string{"drift", t.TempDir(), "-"}, "snapshot-unfinished"},
		{[]string{"drift", snap, filepath.Join(snap, "missing")}, "input-unreadable"},
	} {
		if code, _, stderr := run(t, ofVolumes, c.args...); code != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit code %d\n%s", c.args, code, stderr)
		}
	}
}
