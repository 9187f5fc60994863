//go:build e2e

package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// asProgram is set for a process of this test that is to be parapet.
const asProgram = "PARAPET_E2E_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		s := cmd.System("e2e")
		s.Timeout, s.Backoff = patience, 10*time.Millisecond
		os.Exit(cmd.Main(os.Args[1:], s))
	}
	os.Exit(m.Run())
}

// program is parapet as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// killed: a collection under faults that is killed, resumed, killed and resumed
// ends as one that nothing has happened to, or else says what it does not hold.
func (f faulty) killed(t *testing.T) {
	kills := 0
	for seed := range uint64(6) {
		k := newChaos(seed, f.names)
		whole := seed%2 == 0 // whether it heals
		if k.percent, k.forever = 30, 20; whole {
			k.forever = 0
			k.kinds = slices.DeleteFunc(slices.Clone(mishaps), func(m mishap) bool { return !m.heals })
		}
		dir := filepath.Join(t.TempDir(), "snap")
		args := []string{"snapshot", "--endpoint", f.URL, "--regions", "us-east-1", "--all", "--jobs", "4", "--out", dir}
		for run := range uint64(2) {
			f.Fault(func(c tftest.Call) tftest.Fault {
				x := k.fault(c)
				x.Delay += 5 * time.Millisecond
				return x
			})
			c := program(t, args...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			for enough := int(hash(seed, "kill", run)%60) + 20; f.Requests() < enough; {
				time.Sleep(2 * time.Millisecond)
			}
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait()
			if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil {
				t.Fatalf("seed %d: the run ended before it was killed", seed)
			}
			kills++
			args = append(slices.Clip(args), "--resume")
		}
		f.Fault(k.fault)
		if out, err := program(t, args...).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\n%s", err, out, k)
			continue
		}
		f.Fault(nil)
		got := judged(t, dir, hasty(append([]string{"audit", dir, "--format", "json"}, livePolicies...)...))
		for _, wrong := range broken(f.whole, got) {
			t.Errorf("%s\n%s", wrong, k)
		}
		if !whole {
			continue
		}
		if want, have := content(t, f.dir), content(t, dir); !maps.Equal(want, have) || !reflect.DeepEqual(got.report.Findings, f.whole.report.Findings) {
			t.Errorf("the content differs: %s\n%s", differing(f.whole, got, want, have), k)
		}
	}
	t.Logf("%d kills", kills)
}

// unlisted: an account that does not tell its Regions may have others than those
// that are read, and so says the snapshot, also one that was killed and resumed.
func (f faulty) unlisted(t *testing.T) {
	f.Fault(func(c tftest.Call) tftest.Fault {
		if c.Service() == "account" || c.Operation == "ec2:DescribeRegions" {
			return answer(c.Denied(false))
		}
		return tftest.Fault{Delay: 20 * time.Millisecond}
	})
	work := t.TempDir()
	args := []string{"snapshot", "--endpoint", f.URL, "--types", "aws_ebs_volume,aws_ebs_encryption_by_default", "--jobs", "2", "--out"}
	plain, stopped := filepath.Join(work, "plain"), filepath.Join(work, "stopped")
	if out, err := program(t, append(args, plain)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := f.Requests()
	c := program(t, append(args, stopped)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for f.Requests() < before+before/2 {
		time.Sleep(2 * time.Millisecond)
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	f.Fault(nil)
	if out, err := program(t, append(args, stopped, "--resume")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !maps.Equal(content(t, plain), content(t, stopped)) {
		t.Error("the content differs")
	}
	policy := []string{"audit", stopped, "--select", "aws-ec2-ebs-encryption", "--format", "json"}
	said := slices.ContainsFunc(judged(t, stopped, hasty(policy...)).report.Findings, func(x finding.Finding) bool {
		return x.Status == finding.Unknown && x.Resource.Type == "aws_ebs_volume" && x.Resource.Region == nil && x.Resource.Address == ""
	})
	if !said {
		t.Error("it is not said that there may be volumes in other Regions")
	}
}
