package cmd_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	server := exec.CommandContext(t.Context(), "parapet", "serve", "--run-task", "--listen", "127.0.0.1:0",
		"--host", strings.TrimPrefix(hcp.URL, "http://"), "--fail-on", "high")
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

	send := func(plan, key string) int {
		body, err := json.Marshal(map[string]any{
			"payload_version": 1, "stage": "post_plan", "access_token": "t0ken",
			"capabilities": map[string]any{"outcomes": true}, "run_id": "run-" + plan, "task_result_id": "taskrs-1",
			"task_result_callback_url": hcp.URL + "/callback", "plan_json_api_url": hcp.URL + "/plans/" + plan,
		})
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha512.New, []byte(key))
		mac.Write(body)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/run-task", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-TFC-Task-Signature", hex.EncodeToString(mac.Sum(nil)))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if code := send("shop", "another key"); code != http.StatusUnauthorized {
		t.Errorf("another key: %d", code)
	}
	for _, c := range []struct{ plan, want string }{
		{"shop", `^failed: \d+ violations, .*passed`},
		{"cut", `^failed: The plan was not judged: run-cut.*truncated|^failed: The plan was not judged: run-cut`},
		{"state", `^failed: The plan was not judged: run-state`},
	} {
		if code := send(c.plan, key); code != http.StatusOK {
			t.Errorf("%s: answer %d", c.plan, code)
		}
		select {
		case v := <-verdicts:
			if !regexp.MustCompile(c.want).MatchString(v) {
				t.Errorf("%s: %q, want %s", c.plan, v, c.want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: no verdict", c.plan)
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
