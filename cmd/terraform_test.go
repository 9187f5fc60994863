package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// binaryPlan plans a configuration and returns the plan's file.
func binaryPlan(t *testing.T, config string, prepare func(*tftest.Terraform, string)) string {
	t.Helper()
	tf := tftest.New(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	prepare(tf, dir)
	tf.Run(dir, "plan", "-no-color", "-refresh=false", "-out=tfplan")
	return filepath.Join(dir, "tfplan")
}

func options() input.Options {
	return Streams{LookupEnv: func(string) (string, bool) { return "", false }}.surroundings(input.Options{})
}

func TestBinaryPlan(t *testing.T) {
	plan := binaryPlan(t, `resource "terraform_data" "a" { input = "`+strings.Repeat("x", 20_000)+`" }`, (*tftest.Terraform).Init)
	res, err := input.Load(t.Context(), plan, nil, options())
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 1 || res.Resources[0].Address != "terraform_data.a" || len(res.Resources[0].Values["input"].(string)) != 20_000 ||
		res.Info.Kind != input.KindPlan || len(res.Info.SHA256) != 64 {
		t.Errorf("%+v %+v", res.Info, res.Resources)
	}

	// What is no plan, though it looks like one, is terraform's to explain.
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("PK\x03\x04 and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = input.Load(t.Context(), broken, nil, options())
	if d, ok := errors.AsType[diag.Diagnostic](err); !ok || d.Code != "plan-show" || !strings.Contains(d.Detail, "plan") || d.Subject.File == "" {
		t.Errorf("%v", err)
	}

	// The limits hold for what it prints.
	o := options()
	o.MaxBytes = 10_000 // the file itself is compressed
	_, err = input.Load(t.Context(), plan, nil, o)
	if d, ok := errors.AsType[diag.Diagnostic](err); !ok || d.Code != "input-too-large" {
		t.Errorf("%v", err)
	}

	t.Setenv("PATH", t.TempDir())
	_, err = input.Load(t.Context(), plan, nil, options())
	if d, ok := errors.AsType[diag.Diagnostic](err); !ok || d.Code != "plan-binary" || !strings.Contains(d.Detail, "PATH") {
		t.Errorf("%v", err)
	}
}

func TestBinaryPlanAWS(t *testing.T) {
	plan := binaryPlan(t, `
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "mock"
  secret_key                  = "mock"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
resource "aws_ebs_volume" "v" {
  availability_zone = "eu-west-1a"
  size              = 1
}
`, (*tftest.Terraform).InitAWS)
	// From a directory that is not that of the plan.
	t.Chdir(t.TempDir())
	res, err := input.Load(t.Context(), plan, nil, options())
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 1 || res.Resources[0].Address != "aws_ebs_volume.v" || res.Resources[0].Region != "eu-west-1" {
		t.Errorf("%+v", res.Resources)
	}
}

// TestShowStops holds that the program ends with the run, and that the one that
// fits the plan is taken.
func TestShowStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		tftest.Missing(t, "a shell for the stand-in of terraform")
	}
	bin, dir := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	script := func(name, text string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script("terraform", "exec sleep 60")
	script("tofu", `echo "$0 $1 $2"; exit 0`)
	plan := filepath.Join(dir, "tfplan")
	if err := os.WriteFile(plan, []byte("PK\x03\x04"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := input.Load(ctx, plan, nil, options()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the program was waited for, %v", took)
	}

	// Output that nobody reads to its end is no failure of the program.
	r, err := showPlan(t.Context(), plan, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}

	lock := "provider \"registry.opentofu.org/hashicorp/aws\" {}\n"
	if err := os.WriteFile(filepath.Join(dir, ".terraform.lock.hcl"), []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = showPlan(t.Context(), plan, ""); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || r.Close() != nil || string(text) != filepath.Join(bin, "tofu")+" show -json\n" {
		t.Errorf("%q %v", text, err)
	}
}
