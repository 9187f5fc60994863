package tftest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Moto starts a mock of AWS (moto_server) on a free port of loopback and returns
// its URL, or skips the test when it is missing. It ends with the test. Settings
// are variables of its environment, as KEY=value.
func Moto(t testing.TB, settings ...string) string {
	t.Helper()
	path := Tool(t, "moto_server")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-H", "127.0.0.1", "-p", port)
	cmd.Env = append(os.Environ(), settings...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		cancel()
		<-done //nolint:errcheck // it was killed
		if t.Failed() {
			t.Logf("moto_server:\n%s", log.Bytes()[max(0, log.Len()-4000):])
		}
	})
	url := fmt.Sprintf("http://127.0.0.1:%s", port)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		resp, err := http.Get(url + "/moto-api/") //nolint:noctx // loopback, and the loop is bounded
		if err == nil {
			_ = resp.Body.Close()
			return url
		}
		if time.Now().After(deadline) {
			cancel()
			t.Fatalf("moto_server does not answer: %v", err)
		}
	}
}

// MockEnvironment makes terraform's AWS provider speak to the mock at a URL, for
// [Terraform.Setenv].
func MockEnvironment(url string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_S3_USE_PATH_STYLE=true", "AWS_CONFIG_FILE=none", "AWS_SHARED_CREDENTIALS_FILE=none",
	}
}
