package runtask_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/runtask"
)

// blocked is a gate that waits to be let go.
func blocked(release <-chan struct{}, started *atomic.Int64) runtask.Gate {
	return func(ctx context.Context, name string, r io.Reader) (runtask.Verdict, error) {
		started.Add(1)
		select {
		case <-release:
			return gate(passes)(ctx, name, r)
		case <-ctx.Done():
			return runtask.Verdict{}, ctx.Err()
		}
	}
}

// Only so many plans are evaluated at once, and only so many tasks wait; HCP
// Terraform hears of the others that they must come again, and hears that those
// that wait are alive.
func TestQueue(t *testing.T) {
	h := newHCP(t)
	release := make(chan struct{})
	var started atomic.Int64
	s := newTask(t, h, func(o *runtask.Options) {
		o.Workers, o.Queue, o.Heartbeat = 1, 1, 2*time.Millisecond
		o.Gate = blocked(release, &started)
	})
	id := func(n string) map[string]any { return map[string]any{"task_result_id": n} }
	if a, b, c := s.ask(id("1")), s.ask(id("2")), s.ask(id("3")); a != 200 || b != 200 || c != http.StatusServiceUnavailable {
		t.Errorf("answers %d, %d, %d", a, b, c)
	}
	messages := func(want string) func() bool {
		return func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			for _, p := range h.patches {
				if p.Data.Attributes.Message == want {
					return true
				}
			}
			return false
		}
	}
	eventually(t, "a waiting task says so", messages("waiting for other plans to be evaluated"))
	eventually(t, "a running task says so", messages("evaluating the plan"))
	if n := started.Load(); n != 1 {
		t.Errorf("%d evaluations at once", n)
	}
	close(release)
	eventually(t, "both are done", func() bool { return strings.Count(s.log.String(), "msg=done") == 2 })
	if code := s.ask(id("3")); code != http.StatusOK {
		t.Errorf("the third, when it comes again: %d", code)
	}
}

// A server that is told to stop lets tasks end, takes no more, and reports those
// that do not end in time.
func TestShutdown(t *testing.T) {
	for _, ends := range []bool{true, false} {
		h := newHCP(t)
		release := make(chan struct{})
		var started atomic.Int64
		s := newTask(t, h, func(o *runtask.Options) {
			o.Gate = blocked(release, &started)
			if !ends {
				o.Grace = 50 * time.Millisecond
			}
		})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- s.Serve(ctx, l) }()
		url := "http://" + l.Addr().String()
		send := func() int {
			body := h.request(nil)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/run-task", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set(runtask.SignatureHeader, sign(body, key))
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		health := func() int {
			resp, err := http.Get(url + "/healthz")
			if err != nil {
				return 0
			}
			_ = resp.Body.Close()
			return resp.StatusCode
		}
		if code := health(); code != http.StatusOK {
			t.Errorf("health %d", code)
		}
		if code := send(); code != http.StatusOK {
			t.Errorf("answer %d", code)
		}
		eventually(t, "the task is under way", func() bool { return started.Load() == 1 })
		cancel()
		want := "failed"
		if ends {
			eventually(t, "the server says that it stops", func() bool { return health() == http.StatusServiceUnavailable })
			if code := send(); code != http.StatusServiceUnavailable {
				t.Errorf("a task while it stops: %d", code)
			}
			close(release)
			want = "passed"
		}
		if err := <-over; err != nil {
			t.Errorf("Serve: %v", err)
		}
		verdict, _ := s.wait(t)
		if a := verdict.Data.Attributes; a.Status != want || !ends && !strings.Contains(a.Message, "the server was stopped") {
			t.Errorf("verdict %+v, want %s", a, want)
		}
	}
}

func TestOptions(t *testing.T) {
	h := newHCP(t)
	good := func() runtask.Options {
		return runtask.Options{Key: []byte(key), Gate: gate(passes), Log: newTask(t, h, nil).logger(), Now: time.Now}
	}
	for name, change := range map[string]func(*runtask.Options){
		"no key":            func(o *runtask.Options) { o.Key = nil },
		"no gate":           func(o *runtask.Options) { o.Gate = nil },
		"a URL for a host":  func(o *runtask.Options) { o.Hosts = []string{"https://tfe.example.com"} },
		"a path for a host": func(o *runtask.Options) { o.Hosts = []string{"tfe.example.com/x"} },
		"all hosts":         func(o *runtask.Options) { o.PlanHosts = []string{"*.example.com"} },
		"no host":           func(o *runtask.Options) { o.Hosts = []string{""} },
		"less than nothing": func(o *runtask.Options) { o.Queue = -1 },
	} {
		o := good()
		change(&o)
		if _, err := runtask.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := runtask.New(good()); err != nil {
		t.Error(err)
	}
}
