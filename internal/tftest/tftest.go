// Package tftest is what tests share: the real terraform, a mock of AWS
// (moto_server), and a fake one that answers what a test says. It finds the
// programs and a mirror of the AWS provider, and keeps runs off the network and
// out of the user's own configuration. It is for tests only.
//
// A test skips, and says so, when a program or the provider is missing. With
// PARAPET_REQUIRE_TOOLS=1, which CI sets, it fails instead.
package tftest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// MirrorVar names the environment variable that holds the directory of a
// provider mirror, as -plugin-dir takes it.
const MirrorVar = "PARAPET_PROVIDER_MIRROR"

// timeout bounds one run of terraform.
const timeout = 3 * time.Minute

// Terraform runs terraform in one directory.
type Terraform struct {
	t      testing.TB
	path   string
	mirror string
	env    []string
}

// New returns a runner, or skips the test when terraform is missing. The
// provider is looked for only by [Terraform.InitAWS].
func New(t testing.TB) *Terraform {
	t.Helper()
	path := Tool(t, "terraform")
	config := filepath.Join(t.TempDir(), "terraform.rc")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return &Terraform{t: t, path: path, env: append(os.Environ(),
		"TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "NO_COLOR=1")}
}

// Tool returns the path of a program, or skips the test when it is missing.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name+" is not on the PATH")
	}
	return path
}

// Missing skips the test for want of something, or fails it in CI.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("PARAPET_REQUIRE_TOOLS") == "1" {
		t.Fatalf("required: %s", what)
	}
	t.Skipf("skipped: %s", what)
}

// Setenv adds to the environment of later runs, as KEY=value.
func (tf *Terraform) Setenv(pairs ...string) { tf.env = append(tf.env, pairs...) }

// Init prepares a directory that uses no provider.
func (tf *Terraform) Init(dir string) {
	tf.t.Helper()
	tf.Run(dir, "init", "-backend=false", "-no-color")
}

// InitAWS prepares a directory that uses the AWS provider, which it takes from
// the mirror; it skips the test when there is none.
func (tf *Terraform) InitAWS(dir string) {
	tf.t.Helper()
	if tf.mirror == "" {
		tf.mirror = mirror(tf.t)
	}
	tf.Run(dir, "init", "-no-color", "-plugin-dir="+tf.mirror)
}

// OverrideAWS makes later runs start the AWS provider straight out of the mirror:
// nothing is prepared in a directory, and no run hashes the provider's file,
// which takes longer than most plans. Directories with modules need a "get".
func (tf *Terraform) OverrideAWS() {
	tf.t.Helper()
	if tf.mirror == "" {
		tf.mirror = mirror(tf.t)
	}
	pattern := filepath.Join(tf.mirror, "registry.terraform.io", "hashicorp", "aws", "*", runtime.GOOS+"_"+runtime.GOARCH)
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		Missing(tf.t, "no unpacked AWS provider at "+pattern)
	}
	config := filepath.Join(tf.t.TempDir(), "override.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"hashicorp/aws\" = %q\n  }\n  direct {}\n}\n", found[len(found)-1])
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tf.t.Fatal(err)
	}
	tf.Setenv("TF_CLI_CONFIG_FILE=" + config)
}

// Run runs terraform and returns its standard output. A failure fails the test
// with all of the output.
func (tf *Terraform) Run(dir string, args ...string) []byte {
	tf.t.Helper()
	out, all, err := tf.Try(dir, args...)
	if err != nil {
		tf.t.Fatalf("terraform %v: %v\n%s", args, err, all)
	}
	return out
}

// Try runs terraform and returns its standard output, the same with standard
// error behind it, and its error.
func (tf *Terraform) Try(dir string, args ...string) (out, all []byte, err error) {
	tf.t.Helper()
	ctx, cancel := context.WithTimeout(tf.t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, tf.path, args...)
	cmd.Dir, cmd.Env = dir, tf.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.Bytes(), slices.Concat(stdout.Bytes(), stderr.Bytes()), err
}

// mirror finds a directory with the AWS provider: the one that the environment
// names, or one of those that terraform itself looks in (the CLI
// configuration's implied local mirror directories).
func mirror(t testing.TB) string {
	t.Helper()
	dirs := []string{os.Getenv(MirrorVar), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs,
			filepath.Join(home, ".terraform.d", "plugins"),
			filepath.Join(home, ".local", "share", "terraform", "plugins"),
			filepath.Join(home, "Library", "Application Support", "io.terraform", "plugins"))
	}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, "registry.terraform.io", "hashicorp", "aws", "*"))
		if err == nil && len(found) > 0 {
			return dir
		}
	}
	Missing(t, "no mirror of the AWS provider; set "+MirrorVar)
	return ""
}
