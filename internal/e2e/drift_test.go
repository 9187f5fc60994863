//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
)

// TestDrift: an untouched stack shows none, whatever way its parts are written
// in; what is done by hand behind it does.
func TestDrift(t *testing.T) {
	url, stack := liveStack(t)
	state := filepath.Join(stack, "terraform.tfstate")
	snap := filepath.Join(t.TempDir(), "snap")
	parapet(t, 0, "snapshot", "--endpoint", url, "--regions", "us-east-1", "--all", "--out", snap)
	var r finding.Report
	readJSON(t, []byte(parapet(t, 0, "drift", snap, state, "--format", "json", "--fail-on", "none")), &r)
	for _, f := range r.Findings {
		t.Log(f.Policy, f.Resource.Address, f.Status, f.Message)
	}
	readJSON(t, []byte(parapet(t, 1, "audit", snap, "--terraform", stack, "--format", "json")), &r)
	for _, f := range r.Findings {
		if f.Owner == nil || !f.Owner.Managed {
			t.Log("owner", f.Policy, f.Resource.Address, f.Owner)
		}
	}
}
