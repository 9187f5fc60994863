package cmd_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/bundle/registrytest"
	"github.com/parapet-dev/parapet/internal/golden"
)

func TestMain(m *testing.M) {
	// No test speaks for whoever runs it, nor waits for an instance's metadata.
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"} {
		_ = os.Setenv(name, value)
	}
	testscript.Main(m, map[string]func(){
		"parapet": func() { os.Exit(cmd.Main(os.Args[1:], cmd.System("0.0.0-test"))) },
	})
}

// TestScript runs testdata/script: whole command lines with their output and
// exit codes. Plans are below $PLANS. "exits CODE parapet ARGS..." demands an
// exact exit code; "edit FILE OLD NEW" replaces text that stands in a file once;
// "push TAG FILE" puts an archive into the registry at $REGISTRY; "keypair NAME"
// makes the keys NAME.pem and NAME.pub, of RSA or, when NAME is ec, on P-256.
func TestScript(t *testing.T) {
	t.Parallel()
	plans, err := filepath.Abs("../testdata/plans")
	if err != nil {
		t.Fatal(err)
	}
	registry := registrytest.New("acme/policies")
	server := httptest.NewServer(registry)
	t.Cleanup(server.Close)
	push := func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: push TAG FILE")
		}
		src, err := os.ReadFile(ts.MkAbs(args[1]))
		ts.Check(err)
		registry.Push(args[0], registrytest.Layer{MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", Data: src})
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../testdata/script",
		UpdateScripts:       golden.Update(),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PLANS", plans)
			e.Setenv("REGISTRY", "oci://"+strings.TrimPrefix(server.URL, "http://")+"/acme/policies")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "edit": edit, "push": push, "keypair": keypair},
	})
}

// keypair makes keys for signatures.
func keypair(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keypair NAME")
	}
	var key crypto.Signer
	var err error
	if args[0] == "ec" {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	ts.Check(err)
	write := func(file, kind string, der []byte) {
		ts.Check(os.WriteFile(ts.MkAbs(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	write(args[0]+".pem", "PRIVATE KEY", private)
	write(args[0]+".pub", "PUBLIC KEY", public)
}

// exits runs a command and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command args...")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exits: %v", err)
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// edit replaces text in a file, as a person would.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	file := ts.MkAbs(args[0])
	src, err := os.ReadFile(file)
	ts.Check(err)
	old, with := strings.ReplaceAll(args[1], `\n`, "\n"), strings.ReplaceAll(args[2], `\n`, "\n")
	if n := strings.Count(string(src), old); n != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(file, []byte(strings.Replace(string(src), old, with, 1)), 0o644))
}
