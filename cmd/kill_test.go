//go:build unix

package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A run that is killed leaves every output as it was or as it is meant to be,
// never half. The kills sweep over the duration of a run, and closely over its
// end, where the files are written.
func TestKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	plan, _ := filepath.Abs(shop)
	outputs := []string{"findings.json", "findings.md", "baseline.json"}
	const old = "what was there before\n"
	gate := func() *exec.Cmd {
		c := exec.Command(self)
		c.Args = []string{
			"parapet", "gate", plan, "--write-baseline", "baseline.json",
			"--format", "json=findings.json", "--format", "markdown=findings.md",
		}
		c.Dir = dir
		return c
	}
	reset := func() {
		for _, name := range outputs {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	reset()
	start := time.Now()
	_ = gate().Run() // it exits with 1 for the violations
	whole := time.Since(start)
	want := map[string]string{}
	for _, name := range outputs {
		if want[name] = read(name); want[name] == old {
			t.Fatalf("%s was not written", name)
		}
	}
	killed := 0
	const runs = 16
	for i := range runs {
		reset()
		c := gate()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		delay := whole * time.Duration(i) / runs
		if i%2 == 1 {
			delay = whole - whole*time.Duration(i)/(4*runs)
		}
		time.Sleep(delay)
		_ = c.Process.Kill() // it may have ended
		if err := c.Wait(); err != nil && c.ProcessState.ExitCode() < 0 {
			killed++
		}
		for _, name := range outputs {
			if got := read(name); got != old && got != want[name] {
				t.Errorf("killed after %s: %s has %d bytes, want %d or what was there", delay, name, len(got), len(want[name]))
			}
		}
	}
	if killed == 0 {
		t.Error("no run was killed before its end")
	}
}
