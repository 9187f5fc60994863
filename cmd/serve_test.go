package cmd_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestServeRunTask runs the program as a run task server and plays HCP
// Terraform to it.
func TestServeRunTask(t *testing.T) {
	t.Parallel()
	shop, err := os.ReadFile("../testdata/plans/shop/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	plans := map[string][]byte{"shop": shop, "cut": shop[:len(shop)/2], "state": []byte(`{"version":4,"terraform_version":"1.9.0","resources":[]}`)}
	verdicts := make(chan string, 8)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /plans/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(plans[r.PathValue("name")])
	})
	mux.HandleFunc("PATCH /callback", func(_ http.ResponseWriter, r *http.Request) {
		var m struct {
			Data struct {
				Attributes struct{ Status, Message string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		if a := m.Data.Attributes; a.Status != "running" {
			verdicts <- a.Status + ": " + a.Message
		}
	})
	hcp := httptest.NewServer(mux) // http is for this machine only
	defer hcp.Close()

	const key = "a long random key"
	dir := t.TempDir()
	exceptions := filepath.Join(dir, "exceptions.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(exceptions, "exceptions: {}\n")
	client := certificate(t, dir)
	server := exec.CommandContext(t.Context(), "parapet", "serve", "--run-task", "--listen", "127.0.0.1:0",
		"--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"), "--exceptions", exceptions,
		"--host", strings.TrimPrefix(hcp.URL, "http://"), "--select", "aws-ec2-ebs-encryption", "--fail-on", "high")
	server.Env = append(os.Environ(), "PARAPET_RUN_TASK_KEY="+key)
	out, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }()
	lines := bufio.NewScanner(out)
	address := ""
	listening := regexp.MustCompile(`msg=listening address=(\S+)`)
	for address == "" && lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	logged := make(chan string, 1)
	go func() {
		rest, _ := io.ReadAll(out)
		logged <- string(rest)
	}()

	sent := 0
	send := func(plan, key string) int {
		sent++
		body, err := json.Marshal(map[string]any{
			"payload_version": 1, "stage": "post_plan", "access_token": "t0ken",
			"capabilities": map[string]any{"outcomes": true}, "run_id": "run-" + plan, "task_result_id": fmt.Sprint("taskrs-", sent),
			"task_result_callback_url": hcp.URL + "/callback", "plan_json_api_url": hcp.URL + "/plans/" + plan,
		})
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha512.New, []byte(key))
		mac.Write(body)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+"/run-task", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-TFC-Task-Signature", hex.EncodeToString(mac.Sum(nil)))
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if code := send("shop", "another key"); code != http.StatusUnauthorized {
		t.Errorf("another key: %d", code)
	}
	answered := func(plan, want string) {
		t.Helper()
		if code := send(plan, key); code != http.StatusOK {
			t.Errorf("%s: answer %d", plan, code)
		}
		select {
		case v := <-verdicts:
			if !regexp.MustCompile(want).MatchString(v) {
				t.Errorf("%s: %q, want %s", plan, v, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: no verdict", plan)
		}
	}
	answered("shop", `^failed: 1 violation, .*passed`)
	answered("cut", `^failed: The plan was not judged: run-cut.*`)
	answered("state", `^failed: The plan was not judged: run-state`)
	// Exceptions are read anew for every plan, also when one is wrong.
	const exempt = "exceptions:\n  all:\n    policies: ['*']\n    resources: ['aws_ebs_volume.*']\n    reason: r\n    owner: o\n"
	write(exceptions, exempt)
	answered("shop", `^passed: 0 violations, [1-9]\d* exempt, [1-9]`)
	write(exceptions, "exceptions: 3\n")
	answered("shop", `^failed: The plan was not judged: .*exceptions must be a mapping`)
	write(exceptions, exempt)
	for range 4 { // at once
		if code := send("shop", key); code != http.StatusOK {
			t.Errorf("answer %d", code)
		}
	}
	for range 4 {
		if v := <-verdicts; !strings.HasPrefix(v, "passed: ") {
			t.Errorf("one of several: %s", v)
		}
	}
	if runtime.GOOS == "windows" {
		t.Log("Windows has no signal that asks a process to end: the stop is not tested")
		return
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest := <-logged
	if err := server.Wait(); err != nil {
		t.Errorf("a stop that was asked for: %v", err)
	}
	if !strings.Contains(rest, "msg=stopped") || strings.Contains(rest, "t0ken") || strings.Contains(rest, key) {
		t.Errorf("log:\n%s", rest)
	}
}

// certificate writes a certificate for this machine and its key into a directory
// and returns a client that trusts it.
func certificate(t *testing.T, dir string) *http.Client {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		text := pem.EncodeToMemory(block)
		roots.AppendCertsFromPEM(text)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}
