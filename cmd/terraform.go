package cmd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/input"
)

const (
	// maxInput is the size of the largest input that is read.
	maxInput = 2 << 30
	// maxToolErrors is how much of what terraform says is shown: its end.
	maxToolErrors = 8 << 10
	// toolPatience is how long terraform may take to end after an interrupt.
	toolPatience = 5 * time.Second
)

// surroundings adds to the options of an input what only a process has: the
// values of variables, the workspace, and terraform for binary plans.
func (s Streams) surroundings(o input.Options) input.Options {
	o.MaxBytes = maxInput
	o.Show = showPlan
	o.Variable = func(name string) (string, bool) { return s.LookupEnv("TF_VAR_" + name) }
	o.Workspace, _ = s.LookupEnv("TF_WORKSPACE")
	return o
}

// showPlan runs terraform show -json on a binary plan. It runs in the
// directory of the plan's configuration, since terraform needs the providers
// that were installed there.
func showPlan(ctx context.Context, file, dir string) (io.ReadCloser, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	dir = configurationOf(file, dir)
	tool, err := planTool(dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	c := exec.CommandContext(ctx, tool, "show", "-json", "-no-color", file)
	c.Dir = dir
	// Extra arguments from the environment could change what is printed.
	c.Env = append(c.Environ(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "TF_CLI_ARGS=", "TF_CLI_ARGS_show=")
	// terraform ends its providers when it is interrupted, and not when it is
	// killed. Where there are no interrupts, it is killed.
	c.Cancel = func() error {
		if c.Process.Signal(os.Interrupt) == nil {
			return nil
		}
		return c.Process.Kill()
	}
	c.WaitDelay = toolPatience
	r := &shown{cmd: c, cancel: cancel, name: strings.TrimSuffix(filepath.Base(tool), ".exe")}
	c.Stderr = &r.errors
	if r.out, err = c.StdoutPipe(); err == nil {
		err = c.Start()
	}
	if err != nil {
		cancel()
		return nil, diag.Errorf("plan-show", "cannot run %s: %v", r.name, err)
	}
	return r, nil
}

// configurationOf returns the directory of a plan's configuration: the one that
// was named, else the one where terraform init ran, beside the plan or here.
func configurationOf(file, dir string) string {
	if dir != "" {
		return dir
	}
	beside := filepath.Dir(file)
	if here, err := os.Getwd(); err == nil && !initialised(beside) && initialised(here) {
		return here
	}
	return beside
}

func initialised(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, ".terraform"))
	return err == nil && info.IsDir()
}

// planTool finds the program that wrote the plans of a directory: OpenTofu where
// its lock file or its own files are there, else Terraform; the other one where
// that one is missing.
func planTool(dir string) (string, error) {
	tools := []string{"terraform", "tofu"}
	lock, _ := os.ReadFile(filepath.Join(dir, ".terraform.lock.hcl"))
	own, _ := filepath.Glob(filepath.Join(dir, "*.tofu"))
	if bytes.Contains(lock, []byte(`"registry.opentofu.org/`)) || len(own) > 0 {
		slices.Reverse(tools)
	}
	for _, name := range tools {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", diag.Errorf("plan-binary", "this is a binary plan, and there is no terraform to read it").
		WithDetail("Neither terraform nor tofu is on the PATH.").
		WithHint("install it, or convert the plan where it is: terraform show -json plan.tfplan > plan.json")
}

// shown is the output of terraform while it runs.
type shown struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	name   string
	out    io.ReadCloser
	errors tail
	ended  bool // the output was read to its end
}

func (r *shown) Read(p []byte) (int, error) {
	n, err := r.out.Read(p)
	r.ended = r.ended || errors.Is(err, io.EOF)
	return n, err
}

// Close waits for the program. One whose output nobody wants to its end is
// stopped.
func (r *shown) Close() error {
	defer r.cancel()
	if !r.ended {
		r.cancel()
		_ = r.out.Close() // so that it does not wait for a reader
	}
	err := r.cmd.Wait()
	if err == nil || !r.ended {
		return nil
	}
	text := strings.TrimSpace(r.errors.String())
	if text == "" {
		text = err.Error()
	}
	return diag.Errorf("plan-show", "%s show failed", r.name).WithDetail("%s", text).
		WithHint("run it in the directory of the plan's configuration, after %s init, or convert the plan there", r.name)
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxToolErrors; over > 0 {
		t.kept = slices.Delete(t.kept, 0, over)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.kept), "?") }
