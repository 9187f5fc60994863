package runtask_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/runtask"
)

const (
	key   = "a key of the run task"
	token = "secret.atlasv1.token"
	plan  = `{"format_version":"1.2"}`
)

// hcp plays HCP Terraform: it signs webhooks, serves plans and takes callbacks.
type hcp struct {
	*httptest.Server
	t       *testing.T
	archive *httptest.Server // where plans are stored

	mu       sync.Mutex
	plan     func(w http.ResponseWriter, n int) // the n-th request for a plan, from 1
	accept   func(n int) int                    // the status of the answer to the n-th callback, from 1
	plans    int
	stored   []http.Header // of requests to the archive
	patches  []patch
	attempts int
}

type patch struct {
	Data struct {
		Type       string
		Attributes struct{ Status, Message string }
		Relations  struct {
			Outcomes struct {
				Data []struct {
					Type       string
					Attributes struct {
						ID          string `json:"outcome-id"`
						Description string
						Body        string
						Tags        map[string][]struct{ Label, Level string }
					}
				}
			}
		} `json:"relationships"`
	}
}

func newHCP(t *testing.T) *hcp {
	h := &hcp{t: t}
	h.plan = func(w http.ResponseWriter, _ int) { _, _ = io.WriteString(w, plan) }
	h.accept = func(int) int { return http.StatusOK }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/plans/plan-1/json-output", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.mu.Lock()
		h.plans++
		f, n := h.plan, h.plans
		h.mu.Unlock()
		f(w, n)
	})
	mux.HandleFunc("PATCH /api/v2/task-results/{id}/callback", h.callback)
	h.Server = httptest.NewTLSServer(mux)
	h.archive = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.stored = append(h.stored, r.Header.Clone())
		h.mu.Unlock()
		_, _ = io.WriteString(w, plan)
	}))
	t.Cleanup(h.Close)
	t.Cleanup(h.archive.Close)
	return h
}

func (h *hcp) callback(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var p patch
	switch {
	case err != nil:
		h.t.Errorf("callback: %v", err)
	case r.Header.Get("Authorization") != "Bearer "+token:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case r.Header.Get("Content-Type") != "application/vnd.api+json":
		h.t.Errorf("content type %q", r.Header.Get("Content-Type"))
	case json.Unmarshal(body, &p) != nil || p.Data.Type != "task-results":
		h.t.Errorf("callback body: %s", body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attempts++
	code := h.accept(h.attempts)
	if code == http.StatusOK {
		h.patches = append(h.patches, p)
	}
	w.WriteHeader(code)
}

func (h *hcp) host() string { return host(h.t, h.Server) }

func host(t *testing.T, s *httptest.Server) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// request is a webhook as HCP Terraform documents it, with changes.
func (h *hcp) request(changes map[string]any) []byte {
	body := map[string]any{
		"payload_version": 1, "stage": "post_plan", "access_token": token,
		"capabilities":   map[string]any{"outcomes": true},
		"is_speculative": false, "organization_name": "acme", "workspace_name": "shop",
		"plan_json_api_url":             h.URL + "/api/v2/plans/plan-1/json-output",
		"run_id":                        "run-1",
		"task_result_callback_url":      h.URL + "/api/v2/task-results/guid-1/callback",
		"task_result_enforcement_level": "mandatory",
		"task_result_id":                "taskrs-1",
		"vcs_branch":                    nil,
	}
	maps.Copy(body, changes)
	out, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func sign(body []byte, key string) string {
	mac := hmac.New(sha512.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// logs is what a server has logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// task is a server under test.
type task struct {
	*runtask.Server
	h    *hcp
	log  *logs
	http http.Handler
}

// newTask starts a server for h; the options may be changed.
func newTask(t *testing.T, h *hcp, change func(*runtask.Options)) *task {
	log := &logs{}
	o := runtask.Options{
		Key: []byte(key), Gate: gate(passes), Hosts: []string{h.host()}, PlanHosts: []string{host(t, h.archive)},
		Transport: h.Client().Transport, Log: slog.New(slog.NewTextHandler(log, nil)),
		Now: time.Now, Heartbeat: time.Hour, Poll: time.Millisecond, Backoff: time.Millisecond,
		Grace: 10 * time.Second,
	}
	if change != nil {
		change(&o)
	}
	s, err := runtask.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		for _, secret := range []string{token, key, "object-secret"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, log)
			}
		}
	})
	return &task{s, h, log, s.Handler()}
}

// post sends a webhook and returns the status of the answer.
func (s *task) post(body []byte, signatures ...string) int {
	r := httptest.NewRequest(http.MethodPost, "/run-task", bytes.NewReader(body))
	for _, sig := range signatures {
		r.Header.Add(runtask.SignatureHeader, sig)
	}
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	return w.Code
}

// ask sends a signed webhook with changes.
func (s *task) ask(changes map[string]any) int {
	body := s.h.request(changes)
	return s.post(body, sign(body, key))
}

// wait stops the server and returns all callbacks, the last of which must be
// the only verdict.
func (s *task) wait(t *testing.T) (verdict patch, all []patch) {
	t.Helper()
	s.Stop()
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	all = s.h.patches
	if len(all) == 0 {
		t.Fatalf("no callback; log:\n%s", s.log)
	}
	for _, p := range all[:len(all)-1] {
		if p.Data.Attributes.Status != "running" {
			t.Errorf("more follows %+v", p.Data.Attributes)
		}
	}
	return all[len(all)-1], all
}

// gate is one that reads its plan and says what it is told to.
func gate(v runtask.Verdict) runtask.Gate {
	return func(_ context.Context, name string, r io.Reader) (runtask.Verdict, error) {
		src, err := io.ReadAll(r)
		if err != nil {
			return runtask.Verdict{}, err
		}
		if !json.Valid(src) {
			return runtask.Verdict{}, fmt.Errorf("%s: the plan is cut off", name)
		}
		return v, nil
	}
}

var passes = runtask.Verdict{Report: finding.NewReport(finding.Tool{}, nil, nil, 7)}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (s *task) logger() *slog.Logger { return slog.New(slog.NewTextHandler(s.log, nil)) }
