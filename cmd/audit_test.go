package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// The library judges live state; a finding says who owns the resource.
func TestAudit(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, map[string]snapshot.Status{"aws_ebs_volume": snapshot.Complete},
		volume("vol-1", false, "8"), volume("vol-2", true, "8"), volume("vol-9", false, "8"))
	stack := t.TempDir()
	for name, text := range map[string]string{
		"terraform.tfstate": volumesState,
		"main.tf":           "\nresource \"aws_ebs_volume\" \"a\" {\n  count     = 3\n  size      = 8\n  encrypted = true\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(stack, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"audit", snap, "--terraform", stack, "--format", "json", "--select", "aws-ec2-ebs-encryption"}
	code, stdout, stderr := run(t, nil, args...)
	rep, err := finding.Read([]byte(stdout), "stdout")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if code != 1 || rep.Summary.Violation != 2 || rep.Summary.Passed != 1 || rep.Inputs[0].Kind != "snapshot" {
		t.Errorf("exit code %d, %+v\n%s", code, rep.Summary, stderr)
	}
	owned, stray := rep.Findings[0], rep.Findings[1]
	if *owned.Resource.ARN != "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1" || *owned.Resource.Account != "111122223333" || *owned.Resource.Region != "eu-west-1" {
		t.Errorf("subject: %+v", owned.Resource)
	}
	if o := owned.Owner; o == nil || !o.Managed || o.Address != "aws_ebs_volume.a[0]" || o.Source == nil || o.Source.Line != 5 || !strings.HasSuffix(o.Source.File, "/main.tf") {
		t.Errorf("owner of vol-1: %+v", owned.Owner)
	}
	if o := stray.Owner; o == nil || o.Managed || o.Address != "" {
		t.Errorf("owner of vol-9: %+v", stray.Owner)
	}
	if _, again, _ := run(t, nil, args...); again != stdout {
		t.Error("the output is not the same twice")
	}
}

// Nothing passes that was not read.
func TestAuditUnread(t *testing.T) {
	t.Parallel()
	denied := snapshotOf(t, map[string]snapshot.Status{"aws_ebs_volume": snapshot.DeniedByIAM})
	for _, c := range []struct {
		policy, snap, want string
	}{
		{"aws-ec2-ebs-encryption", denied, "not read: denied by IAM"},
		{"aws-rds-storage-encryption", denied, "not read: the snapshot was not asked for it"},
	} {
		code, stdout, stderr := run(t, nil, "audit", c.snap, "--select", c.policy, "--format", "json")
		if code != 0 || !strings.Contains(stdout, c.want) || !strings.Contains(stderr, "unknown-values") {
			t.Errorf("%s: exit code %d\n%s%s", c.policy, code, stdout, stderr)
		}
		if code, _, _ := run(t, nil, "audit", c.snap, "--select", c.policy, "--unknown", "fail"); code != 1 {
			t.Errorf("%s with --unknown fail: exit code %d", c.policy, code)
		}
	}
	if code, _, stderr := run(t, nil, "audit", t.TempDir()); code != 2 || !strings.Contains(stderr, "snapshot-unfinished") {
		t.Errorf("no snapshot: exit code %d\n%s", code, stderr)
	}
}
