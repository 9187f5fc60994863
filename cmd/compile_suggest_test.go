package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// Identities that live state shows in use are suggested as exceptions, which
// nobody can use before they are filled in.
func TestCompileSuggests(t *testing.T) {
	t.Parallel()
	key := func(id, user, status string) *resource.Resource {
		return &resource.Resource{
			Type: "aws_iam_access_key", Address: `aws_iam_access_key["` + id + `"]`, ID: id,
			Values: map[string]any{"id": id, "user": user, "status": status},
			Filled: []string{"id", "user", "status"},
		}
	}
	snap := snapshotOf(t, map[string]snapshot.Status{"aws_iam_access_key": snapshot.Complete}, key("AKIA1", "ci", "Active"), key("AKIA2", "old", "Inactive"))
	dir := t.TempDir()
	findings, out := filepath.Join(dir, "findings.json"), filepath.Join(dir, "guardrails")
	code, _, stderr := run(t, nil, "audit", snap, "--select", "aws-iam-user-access-keys", "--format", "json="+findings)
	if code != 1 {
		t.Fatalf("audit: exit code %d\n%s", code, stderr)
	}
	code, stdout, stderr := run(t, nil, "compile", findings, "--snapshot", snap, "--out", out)
	if code != 0 || !strings.Contains(stdout, "suggested exceptions, not in force") {
		t.Fatalf("compile: exit code %d\n%s%s", code, stdout, stderr)
	}
	file := filepath.Join(out, "111122223333", "exceptions.suggested.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for want, is := range map[string]bool{`"arn:aws:iam::111122223333:user/ci"`: true, `"arn:aws:iam::111122223333:user/*/ci"`: true, "user/old": false} {
		if strings.Contains(string(text), want) != is {
			t.Errorf("%s: %v, want %v in\n%s", want, !is, is, text)
		}
	}
	// As it is, it is refused; filled in, it is an exceptions file.
	if code, _, stderr := run(t, nil, "compile", findings, "--exceptions", file, "--out", filepath.Join(dir, "second")); code != 2 || !strings.Contains(stderr, "exception-") {
		t.Errorf("unfilled: exit code %d\n%s", code, stderr)
	}
	filled := strings.NewReplacer(`owner: ""`, "owner: platform", `expires: ""`, "expires: 2030-01-01").Replace(string(text))
	if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, nil, "compile", findings, "--exceptions", file, "--out", filepath.Join(dir, "third")); code != 0 {
		t.Errorf("filled in: exit code %d\n%s", code, stderr)
	}
	// Without a snapshot nothing is suggested.
	if _, stdout, _ := run(t, nil, "compile", findings, "--out", filepath.Join(dir, "fourth")); strings.Contains(stdout, "suggested") {
		t.Errorf("without a snapshot:\n%s", stdout)
	}
}
