package runtask_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/runtask"
)

// Callbacks are repeated while that can help, and no longer.
func TestCallbackRetries(t *testing.T) {
	cases := []struct {
		name     string
		accept   func(n int) int
		attempts int
		ok       bool
	}{
		{"works at last", func(n int) int { return map[bool]int{true: 503, false: 200}[n < 4] }, 4, true},
		{"never works", func(int) int { return 500 }, 5, false},
		{"is told to slow down", func(n int) int { return map[bool]int{true: 429, false: 200}[n < 2] }, 2, true},
		{"is refused", func(int) int { return 422 }, 1, false},
		{"is redirected", func(int) int { return 307 }, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHCP(t)
			h.accept = c.accept
			s := newTask(t, h, nil)
			s.ask(nil)
			s.Stop()
			if h.attempts != c.attempts || c.ok != (len(h.patches) == 1) {
				t.Errorf("%d attempts and %d callbacks", h.attempts, len(h.patches))
			}
			if !c.ok && !strings.Contains(s.log.String(), "verdict not delivered") {
				t.Errorf("the log does not say so:\n%s", s.log)
			}
		})
	}
}

// However much is found, the details stay within what HCP Terraform takes.
func TestDetailsBounded(t *testing.T) {
	h := newHCP(t)
	size := 0
	s := newTask(t, h, func(o *runtask.Options) {
		var fs []finding.Finding
		for policy := range 150 {
			for n := range 200 {
				f := found(fmt.Sprintf("policy-%03d", policy), fmt.Sprintf("aws_s3_bucket.b[%d]", n), finding.Violation)
				f.Message = strings.Repeat("long ", 40)
				fs = append(fs, f)
			}
		}
		o.Gate = gate(runtask.Verdict{Report: finding.NewReport(finding.Tool{}, nil, fs, 0), Failed: true})
		o.Transport = sizes{o.Transport, &size}
	})
	s.ask(nil)
	_, all := s.wait(t)
	list := all[0].Data.Relations.Outcomes.Data
	if size > 1<<20 || len(list) < 10 || len(list) > 101 {
		t.Errorf("%d outcomes in %d bytes", len(list), size)
	}
	if last := list[len(list)-1].Attributes; last.ID != "parapet-more" || last.Description != fmt.Sprintf("%d more policies found something", 150-len(list)+1) {
		t.Errorf("the last: %+v", last)
	}
}

// sizes notes the largest request.
type sizes struct {
	http.RoundTripper
	largest *int
}

func (s sizes) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.largest = max(*s.largest, int(r.ContentLength))
	return s.RoundTripper.RoundTrip(r)
}

// Details that are refused do not hold the verdict up.
func TestDetailsRefused(t *testing.T) {
	h := newHCP(t)
	h.accept = func(n int) int { return map[bool]int{true: 422, false: 200}[n == 1] }
	s := newTask(t, h, func(o *runtask.Options) {
		rep := finding.NewReport(finding.Tool{}, nil, []finding.Finding{found("p", "a", finding.Violation)}, 0)
		o.Gate = gate(runtask.Verdict{Report: rep, Failed: true})
	})
	s.ask(nil)
	if verdict, _ := s.wait(t); verdict.Data.Attributes.Status != "failed" || h.attempts != 2 {
		t.Errorf("%+v after %d attempts", verdict, h.attempts)
	}
}
