//go:build unix

package cmd_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestInterrupted: Ctrl-C in the middle of a collection ends it at once, says how
// to go on, and what is resumed is what an undisturbed run gives.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fake := organization(t)
	regions := []string{"ap-south-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2", "us-west-1", "us-west-2"}
	args := []string{"--endpoint", fake.URL, "--types", "aws_ebs_volume", "--regions", strings.Join(regions, ","), "--jobs", "1", "--out"}
	work := t.TempDir()
	plain, stopped := filepath.Join(work, "plain"), filepath.Join(work, "stopped")
	snapshot := func(more ...string) (*exec.Cmd, *bytes.Buffer) {
		c := exec.CommandContext(t.Context(), self)
		c.Args = append([]string{"parapet", "snapshot"}, more...)
		var errs bytes.Buffer
		c.Stderr = &errs
		return c, &errs
	}
	if c, errs := snapshot(append(args, plain)...); c.Run() != nil {
		t.Fatal(errs)
	}
	// The third volume is long in coming.
	seen := len(fake.Calls("ec2:DescribeVolumes"))
	fake.On("ec2:DescribeVolumes", func(c tftest.Call) tftest.Answer {
		a := volumeOf(c)
		if c.Region > "eu-west-1" {
			a.Delay = time.Minute
		}
		return a
	})
	c, errs := snapshot(append(args, stopped)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for len(fake.Calls("ec2:DescribeVolumes")) < seen+3 {
		time.Sleep(5 * time.Millisecond)
	}
	start := time.Now()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if took := time.Since(start); c.ProcessState.ExitCode() != 2 || took > 10*time.Second {
		t.Errorf("exit code %d after %s", c.ProcessState.ExitCode(), took)
	}
	want := "warning[snapshot-unfinished]: the snapshot is not finished; what was collected is kept\n" +
		"  hint: go on with: parapet snapshot --resume --out " + stopped + "\nerror[interrupted]: the run was interrupted\n"
	if errs.String() != want {
		t.Errorf("%s\nwant\n%s", errs, want)
	}
	fake.On("ec2:DescribeVolumes", volumeOf)
	before := len(fake.Calls("ec2:DescribeVolumes"))
	if c, errs := snapshot("--resume", "--out", stopped); c.Run() != nil {
		t.Fatal(errs)
	}
	if n := len(fake.Calls("ec2:DescribeVolumes")) - before; n != len(regions)-2 {
		t.Errorf("%d Regions were asked, want those that were left: %d", n, len(regions)-2)
	}
	if !maps.Equal(snapshotContent(t, plain), snapshotContent(t, stopped)) {
		t.Error("the content is not the same")
	}
}
