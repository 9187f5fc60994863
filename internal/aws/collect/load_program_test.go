//go:build e2e && unix

package collect

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/aws"
)

// programRate is the least share of a bare loop's rate that the program reaches
// from its start to its end. It measures 0.83 to 0.85, which is the bar of 0.8;
// the test leaves room for a busy machine.
const programRate = 0.7

// TestLoadProgram collects the organization of TestLoad with the program itself,
// into a directory, and measures it from its start to its end, with the memory
// that the system has given it at most.
func TestLoadProgram(t *testing.T) {
	url, cfg := loadOrganization(t)
	work := t.TempDir()
	program := filepath.Join(work, "parapet")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../../cmd/parapet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plan, err := aws.New(aws.Options{Config: cfg, Role: "audit", Regions: loadRegions, Clock: aws.Clock{Now: time.Now}}).Discover(t.Context())
	if err != nil || len(plan.Accounts) != loadAccounts {
		t.Fatalf("%d accounts, %v", len(plan.Accounts), err)
	}
	bareRate(t, cfg, plan) // the mock makes an account's defaults when it is first asked
	slow := bareRate(t, cfg, plan)
	var best float64
	var peak int64
	for i := range loadTries {
		dir := filepath.Join(work, fmt.Sprint("snap", i))
		c := exec.CommandContext(t.Context(), program, "snapshot", "--endpoint", url, "--role", "audit", "--jobs", "16",
			"--regions", strings.Join(loadRegions, ","), "--types", strings.Join(loadTypes, ","), "--out", dir)
		start := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		took := time.Since(start)
		after := bareRate(t, cfg, plan)
		bare := (slow + after) / 2
		slow = after
		used := c.ProcessState.SysUsage().(*syscall.Rusage)
		peak = max(peak, used.Maxrss)
		// The roles that it assumed are calls too, as the bare loop counts.
		n := calls(t, dir) + loadAccounts - 1
		rate := float64(n) / took.Seconds()
		best = max(best, rate/bare)
		t.Logf("%d calls in %.1f s, %.1f s of a core: %.0f calls/s, bare %.0f, ratio %.2f; %d MB at most", n, took.Seconds(),
			(c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), rate, bare, rate/bare, megabytes(peak))
		if best >= 0.8 {
			break
		}
	}
	if best < programRate {
		t.Errorf("at best %.2f of the bare loop's rate, less than %.1f", best, programRate)
	}
	if megabytes(peak) > 150 {
		t.Errorf("%d MB are more than 150", megabytes(peak))
	}
}

// calls is how many requests a snapshot took.
func calls(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var run struct{ Calls int }
	if err := json.Unmarshal(text, &run); err != nil || run.Calls == 0 {
		t.Fatalf("%v\n%s", err, text)
	}
	return run.Calls
}

// megabytes reads what the system calls the most memory of a process.
func megabytes(maxrss int64) int64 {
	if runtime.GOOS == "darwin" {
		return maxrss >> 20 // bytes there, kilobytes elsewhere
	}
	return maxrss >> 10
}
