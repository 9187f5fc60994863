package runtask_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/runtask"
)

func found(policy, address string, s finding.Status) finding.Finding {
	return finding.Finding{
		Policy: policy, Title: "Buckets are private", Severity: finding.High, Status: s, Message: "accepts <everybody>",
		Remediation: "Block public access.",
		Resource:    finding.Subject{Type: "aws_s3_bucket", Address: address, Source: &resource.Source{File: "main.tf", Line: 3}},
	}
}

// The whole conversation: webhook, plan, details, verdict.
func TestConversation(t *testing.T) {
	h := newHCP(t)
	rep := finding.NewReport(finding.Tool{}, nil, []finding.Finding{
		found("aws-s3-private", "aws_s3_bucket.a", finding.Violation),
		found("aws-s3-private", "aws_s3_bucket.b[\"`x`\"]", finding.Violation),
		found("aws-s3-logging", "aws_s3_bucket.a", finding.Unknown),
	}, 4)
	s := newTask(t, h, func(o *runtask.Options) {
		o.Gate = gate(runtask.Verdict{Report: rep, Failed: true, Notes: "warning[x]: look"})
	})
	if code := s.ask(nil); code != http.StatusOK {
		t.Fatalf("answer %d", code)
	}
	verdict, all := s.wait(t)
	if a := verdict.Data.Attributes; a.Status != "failed" || a.Message != "2 violations, 1 unknown, 4 passed" {
		t.Errorf("verdict %+v", a)
	}
	if len(all) != 2 {
		t.Fatalf("%d callbacks", len(all))
	}
	list := all[0].Data.Relations.Outcomes.Data
	if len(list) != 3 {
		t.Fatalf("%d outcomes: %+v", len(list), list)
	}
	private := list[1].Attributes
	if list[1].Type != "task-result-outcomes" || private.ID != "aws-s3-private" || private.Description != "Buckets are private: 2 findings" {
		t.Errorf("outcome %+v", list[1])
	}
	if tags := private.Tags; tags["Status"][0].Label != "Violation" || tags["Status"][0].Level != "error" || tags["Severity"][0].Label != "High" {
		t.Errorf("tags %v", tags)
	}
	const body = "Fix: Block public access.\n" +
		"\n`aws_s3_bucket.a` accepts &#60;everybody&#62;<br>`main.tf:3`\n" +
		"\n`` aws_s3_bucket.b[\"`x`\"] `` accepts &#60;everybody&#62;<br>`main.tf:3`\n"
	if private.Body != body {
		t.Errorf("body:\n%s\nwant\n%s", private.Body, body)
	}
	if w := list[0].Attributes; w.ID != "parapet-warnings" || w.Body != "```text\nwarning[x]: look\n```\n" {
		t.Errorf("warnings %+v", w)
	}
	if u := list[2].Attributes; u.ID != "aws-s3-logging:unknown" || u.Tags["Status"][0].Label != "Unknown" {
		t.Errorf("unknown %+v", u)
	}
}

// What a task ends with.
func TestVerdicts(t *testing.T) {
	redirect := func(to string) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	}
	code := func(c int) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, _ int) { w.WriteHeader(c) }
	}
	// Refuses connections, as a host inside a network might.
	inside := httptest.NewServer(http.NotFoundHandler())
	defer inside.Close()
	cases := []struct {
		name    string
		changes map[string]any
		plan    func(h *hcp) func(http.ResponseWriter, int)
		options func(*runtask.Options)
		status  string
		want    string // in the message
		plans   int    // requests for the plan; 0: any
	}{
		{name: "a clean plan", status: "passed", want: "0 violations, 7 passed"},
		{name: "before apply", changes: map[string]any{"stage": "pre_apply"}, status: "passed"},
		{name: "no details are wanted", changes: map[string]any{"capabilities": nil}, status: "passed"},
		{
			name: "a plan that is not ready", status: "passed", plans: 4,
			plan: func(*hcp) func(http.ResponseWriter, int) {
				return func(w http.ResponseWriter, n int) {
					if n < 4 {
						w.WriteHeader(http.StatusNoContent)
						return
					}
					_, _ = io.WriteString(w, plan)
				}
			},
		},
		{
			name: "an outage", status: "passed", plans: 3,
			plan: func(*hcp) func(http.ResponseWriter, int) {
				return func(w http.ResponseWriter, n int) {
					if n < 3 {
						w.WriteHeader(http.StatusBadGateway)
						return
					}
					_, _ = io.WriteString(w, plan)
				}
			},
		},
		{
			name: "a stored plan", status: "passed",
			plan: func(h *hcp) func(http.ResponseWriter, int) { return redirect(h.archive.URL + "/v1/object-secret") },
		},
		{
			name: "an outage that stays", status: "failed", want: "the plan could not be fetched: the answer is 502 Bad Gateway", plans: 5,
			plan: func(*hcp) func(http.ResponseWriter, int) { return code(http.StatusBadGateway) },
		},
		{
			name: "no plan", status: "failed", want: "404 Not Found", plans: 1,
			plan: func(*hcp) func(http.ResponseWriter, int) { return code(http.StatusNotFound) },
		},
		{
			name: "a plan that is cut off", status: "failed", want: "the plan could not be read to its end: unexpected EOF",
			plan: func(*hcp) func(http.ResponseWriter, int) {
				return func(w http.ResponseWriter, _ int) {
					w.Header().Set("Content-Length", "1000")
					_, _ = io.WriteString(w, plan)
				}
			},
		},
		{
			name: "half a plan", status: "failed", want: "the plan is cut off",
			plan: func(*hcp) func(http.ResponseWriter, int) {
				return func(w http.ResponseWriter, _ int) { _, _ = io.WriteString(w, plan[:9]) }
			},
		},
		{
			name: "a huge plan", status: "failed", want: "larger than this server reads: 10 bytes",
			options: func(o *runtask.Options) { o.MaxPlan = 10 },
		},
		{
			name: "a plan as large as it may be", status: "passed",
			options: func(o *runtask.Options) { o.MaxPlan = int64(len(plan)) },
		},
		{
			name: "a slow plan", status: "failed", want: "the task took longer than it may, while waiting for",
			plan:    func(*hcp) func(http.ResponseWriter, int) { return code(http.StatusNoContent) },
			options: func(o *runtask.Options) { o.TaskTimeout = 50 * time.Millisecond },
		},
		{
			name: "a gate that does not end", status: "failed", want: "the task took longer than it may",
			options: func(o *runtask.Options) {
				o.TaskTimeout = 50 * time.Millisecond
				o.Gate = func(context.Context, string, io.Reader) (runtask.Verdict, error) { select {} }
			},
		},
		{
			name: "a gate that errors", status: "failed", want: "The plan was not judged: plan.json: no policies: none was selected",
			options: func(o *runtask.Options) {
				o.Gate = func(_ context.Context, _ string, r io.Reader) (runtask.Verdict, error) {
					_, err := io.Copy(io.Discard, r)
					return passes, errors.Join(err, diag.Errorf("no-policies", "no policies").WithDetail("none was selected").At(diag.Place{File: "plan.json"}))
				}
			},
		},
		{
			name: "a gate that panics", status: "failed", want: "the evaluation broke off",
			options: func(o *runtask.Options) {
				o.Gate = func(context.Context, string, io.Reader) (runtask.Verdict, error) { panic("boom") }
			},
		},
		{
			name: "a gate that passes what it has not read", status: "failed", want: "the plan was not read to its end",
			options: func(o *runtask.Options) {
				o.Gate = func(context.Context, string, io.Reader) (runtask.Verdict, error) { return passes, nil }
			},
		},
		{
			name: "a gate that passes errors", status: "failed", want: "1 not evaluated",
			options: func(o *runtask.Options) {
				o.Gate = gate(runtask.Verdict{Report: finding.NewReport(finding.Tool{}, nil, []finding.Finding{found("p", "a", finding.Error)}, 7)})
			},
		},
		{name: "before planning", changes: map[string]any{"stage": "pre_plan"}, status: "failed", want: "set the run task to the post-plan stage"},
		{name: "an unknown stage", changes: map[string]any{"stage": "post_mortem"}, status: "failed", want: `the stage "post_mortem" is not known`},
		{name: "a later protocol", changes: map[string]any{"payload_version": 2}, status: "failed", want: "payload_version 2 is not known"},
		{name: "no plan named", changes: map[string]any{"plan_json_api_url": nil}, status: "failed", want: "names no plan"},
		{
			name: "a plan elsewhere", changes: map[string]any{"plan_json_api_url": "https://169.254.169.254/latest/meta-data"},
			status: "failed", want: "169.254.169.254:443 is not among the hosts",
		},
		{
			name: "a plan inside", changes: map[string]any{"plan_json_api_url": inside.URL}, status: "failed", want: "is not among the hosts",
		},
		{
			name: "a plan in a file", changes: map[string]any{"plan_json_api_url": "file:///etc/passwd"}, status: "failed", want: `the scheme "file" is not https`,
		},
		{
			name: "a redirect inside", status: "failed", want: "the redirect is not followed: 10.0.0.1:443 is not among the hosts", plans: 1,
			plan: func(*hcp) func(http.ResponseWriter, int) { return redirect("https://10.0.0.1/object-secret") },
		},
		{
			name: "a redirect to plain text", status: "failed", want: `the redirect is not followed: the scheme "http" is not https`, plans: 1,
			plan: func(*hcp) func(http.ResponseWriter, int) {
				return redirect("http://archivist.terraform.io/object-secret")
			},
		},
		{
			name: "a circle of redirects", status: "failed", want: "too many redirects", plans: 4,
			plan: func(h *hcp) func(http.ResponseWriter, int) {
				return redirect(h.URL + "/api/v2/plans/plan-1/json-output")
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHCP(t)
			if c.plan != nil {
				h.plan = c.plan(h)
			}
			s := newTask(t, h, c.options)
			if code := s.ask(c.changes); code != http.StatusOK {
				t.Fatalf("answer %d:\n%s", code, s.log)
			}
			verdict, all := s.wait(t)
			if a := verdict.Data.Attributes; a.Status != c.status || !strings.Contains(a.Message, c.want) {
				t.Errorf("verdict %+v, want %s with %q", a, c.status, c.want)
			}
			for _, p := range all {
				if strings.Contains(p.Data.Attributes.Message, "object-secret") {
					t.Errorf("a secret is reported: %+v", p)
				}
			}
			if c.plans > 0 && h.plans != c.plans {
				t.Errorf("%d requests for the plan, want %d", h.plans, c.plans)
			}
			for _, header := range h.stored {
				if header.Get("Authorization") != "" {
					t.Error("the token went to another host")
				}
			}
			if c.name == "a stored plan" && len(h.stored) != 1 {
				t.Errorf("%d requests to the archive", len(h.stored))
			}
		})
	}
}

// What is no business of the server is answered so, and nothing comes of it.
func TestRefused(t *testing.T) {
	h := newHCP(t)
	s := newTask(t, h, func(o *runtask.Options) { o.MaxBody = 4096 })
	body := h.request(nil)
	good := sign(body, key)
	signed := func(changes map[string]any) int { return s.ask(changes) }
	raw := func(b string) int { return s.post([]byte(b), sign([]byte(b), key)) }
	cases := []struct {
		name string
		got  int
		want int
	}{
		{"no signature", s.post(body), http.StatusUnauthorized},
		{"an empty signature", s.post(body, ""), http.StatusUnauthorized},
		{"a short signature", s.post(body, good[:64]), http.StatusUnauthorized},
		{"no hex", s.post(body, strings.Repeat("z", 128)), http.StatusUnauthorized},
		{"another key", s.post(body, sign(body, "other")), http.StatusUnauthorized},
		{"an empty key", s.post(body, sign(body, "")), http.StatusUnauthorized},
		{"two signatures", s.post(body, sign(body, "other"), good), http.StatusUnauthorized},
		{"another body", s.post(h.request(map[string]any{"run_id": "run-2"}), good), http.StatusUnauthorized},
		{"an unsigned probe", s.post(h.request(map[string]any{"access_token": "test-token"})), http.StatusUnauthorized},
		{"a huge body", raw(strings.Repeat(" ", 4097)), http.StatusRequestEntityTooLarge},
		{"no JSON", raw("{"), http.StatusBadRequest},
		{"no object", raw("[]"), http.StatusBadRequest},
		{"no token", signed(map[string]any{"access_token": ""}), http.StatusBadRequest},
		{"a token of lines", signed(map[string]any{"access_token": "a\r\nHost: b"}), http.StatusBadRequest},
		{"no ids", signed(map[string]any{"task_result_id": ""}), http.StatusBadRequest},
		{"long ids", signed(map[string]any{"run_id": strings.Repeat("r", 300)}), http.StatusBadRequest},
		{"no callback", signed(map[string]any{"task_result_callback_url": nil}), http.StatusBadRequest},
		{"a callback elsewhere", signed(map[string]any{"task_result_callback_url": "https://example.com/"}), http.StatusForbidden},
		{"a callback in plain text", signed(map[string]any{"task_result_callback_url": "http://app.terraform.io/"}), http.StatusForbidden},
		{"a callback with a user", signed(map[string]any{"task_result_callback_url": "https://a@" + h.host()}), http.StatusForbidden},
		{"a callback that looks alike", signed(map[string]any{"task_result_callback_url": "https://" + h.host() + ".example.com/"}), http.StatusForbidden},
		{"no URL", signed(map[string]any{"task_result_callback_url": "https://%zz"}), http.StatusForbidden},
		{"a callback to the archive", signed(map[string]any{"task_result_callback_url": h.archive.URL}), http.StatusForbidden},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/run-task", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
	s.Stop()
	if h.plans != 0 || h.attempts != 0 {
		t.Errorf("%d plans were fetched and %d callbacks made", h.plans, h.attempts)
	}
}

// The probe at setup is answered and leads to nothing.
func TestProbe(t *testing.T) {
	h := newHCP(t)
	s := newTask(t, h, nil)
	if code := s.ask(map[string]any{"access_token": "test-token"}); code != http.StatusOK {
		t.Errorf("answer %d", code)
	}
	s.Stop()
	if h.plans != 0 || h.attempts != 0 {
		t.Errorf("%d plans were fetched and %d callbacks made", h.plans, h.attempts)
	}
}

// A task is done once, however often it is delivered.
func TestDuplicate(t *testing.T) {
	h := newHCP(t)
	var gated, clock atomic.Int64
	s := newTask(t, h, func(o *runtask.Options) {
		o.Now = func() time.Time { return time.Unix(clock.Load(), 0) }
		o.Gate = func(ctx context.Context, name string, r io.Reader) (runtask.Verdict, error) {
			gated.Add(1)
			return gate(passes)(ctx, name, r)
		}
	})
	for range 5 {
		if code := s.ask(nil); code != http.StatusOK {
			t.Errorf("answer %d", code)
		}
	}
	if code := s.ask(map[string]any{"task_result_id": "taskrs-2"}); code != http.StatusOK {
		t.Errorf("another task of the run: %d", code)
	}
	eventually(t, "two verdicts", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.patches) == 2
	})
	// A day later it is forgotten; its token is long worth nothing.
	clock.Add(24 * 60 * 60)
	s.ask(nil)
	s.Stop()
	if n := gated.Load(); n != 3 {
		t.Errorf("%d evaluations, want 3", n)
	}
}
