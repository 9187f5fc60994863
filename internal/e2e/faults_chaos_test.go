//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/parapet-dev/parapet/internal/tftest"
)

// mishap is one way in which a request goes wrong.
type mishap struct {
	name  string
	make  func(tftest.Call) tftest.Fault
	heals bool // trying again helps, whatever happened to others
}

// answer makes a fault of an answer.
func answer(a tftest.Answer) tftest.Fault { return tftest.Fault{Answer: &a} }

// page is a web page, as gateways, mocks and captive portals send it.
func page(status int) func(tftest.Call) tftest.Fault {
	return func(tftest.Call) tftest.Fault {
		return answer(tftest.Answer{Status: status, Type: "text/html; charset=utf-8", Body: "<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body>Sorry.</body></html>"})
	}
}

// says is an error of the service.
func says(status int, code string) func(tftest.Call) tftest.Fault {
	return func(c tftest.Call) tftest.Fault { return answer(c.Error(status, code, "The test says so.")) }
}

// xml reports whether the call's service answers in XML.
func xml(c tftest.Call) bool {
	return c.Form != nil || slices.Contains([]string{"cloudfront", "route53", "s3"}, c.Service())
}

// slow is longer than a run under faults waits.
const slow = patience + patience/2

var mishaps = []mishap{
	{"throttled", func(c tftest.Call) tftest.Fault { return answer(c.Throttled()) }, true},
	{"500", says(http.StatusInternalServerError, "InternalFailure"), true},
	{"503", says(http.StatusServiceUnavailable, "ServiceUnavailable"), true},
	{"reset", func(tftest.Call) tftest.Fault { return tftest.Fault{Reset: true} }, true},
	{"cut", func(tftest.Call) tftest.Fault { return tftest.Fault{Cut: true} }, true},
	{"dripping", func(tftest.Call) tftest.Fault { return tftest.Fault{Drip: 20 * time.Millisecond} }, true},
	{"empty", func(tftest.Call) tftest.Fault { return answer(tftest.Answer{}) }, true},
	{"blank", func(tftest.Call) tftest.Fault { return answer(tftest.Answer{Body: " \r\n"}) }, true},
	{"half", func(tftest.Call) tftest.Fault {
		return tftest.Fault{Edit: func(b []byte) []byte { return b[:len(b)/2] }}
	}, true},
	{"garbage", func(tftest.Call) tftest.Fault {
		return tftest.Fault{Edit: func(b []byte) []byte { return bytes.Repeat([]byte{0xff, 0, 7}, 1+len(b)/3) }}
	}, true},
	{"another format", func(c tftest.Call) tftest.Fault {
		if xml(c) {
			return answer(tftest.Answer{Body: `{"message": null}`})
		}
		return answer(tftest.Answer{Body: `<?xml version="1.0"?><Result/>`})
	}, true},
	{"web page 200", page(http.StatusOK), true},
	{"error 200", says(http.StatusOK, "InternalError"), true},
	{"204", func(tftest.Call) tftest.Fault { return answer(tftest.Answer{Status: http.StatusNoContent}) }, true},
	{"web page 502", page(http.StatusBadGateway), true},

	// An error page again and again is taken for an endpoint that does not know
	// the operation.
	{"web page 500", page(http.StatusInternalServerError), false},
	{"web page 404", page(http.StatusNotFound), false},
	{"web page 403", page(http.StatusForbidden), false},
	{"redirect", func(tftest.Call) tftest.Fault { return answer(tftest.Answer{Status: http.StatusFound}) }, false},
	{"denied by IAM", func(c tftest.Call) tftest.Fault { return answer(c.Denied(false)) }, false},
	{"denied by SCP", func(c tftest.Call) tftest.Fault { return answer(c.Denied(true)) }, false},
	{"expired", says(http.StatusForbidden, "ExpiredToken"), false},
	{"invalid", says(http.StatusBadRequest, "ValidationException"), false},
	{"no such operation", says(http.StatusBadRequest, "InvalidAction"), false},
	{"region off", says(http.StatusForbidden, "UnrecognizedClientException"), false},

	// Few, as they take their time.
	{"slow", func(tftest.Call) tftest.Fault { return tftest.Fault{Delay: slow} }, true},
	{"stalling", func(tftest.Call) tftest.Fault { return tftest.Fault{Drip: slow} }, true},
}

// slowOnes is how many of the last mishaps take their time.
const slowOnes = 2

// chaos does some requests wrong, which ones and how by chance. The same seed
// does the same, whatever the order of the requests.
type chaos struct {
	seed    uint64
	percent uint64            // of the requests
	forever uint64            // percent of those: they never go well
	kinds   []mishap          // that there are
	names   *strings.Replacer // what is chance in a request, by what is not

	only map[string]bool // the requests that may go wrong; nil: all

	mu   sync.Mutex
	done map[string][]string // what went wrong, by request
}

// newChaos chooses how bad it gets.
func newChaos(seed uint64, names *strings.Replacer) *chaos {
	h := hash(seed, "how bad")
	return &chaos{
		seed: seed, names: names, kinds: mishaps,
		percent: []uint64{1, 2, 5, 15, 40, 80}[h%6], forever: []uint64{0, 10, 50, 100}[h/6%4],
	}
}

func hash(seed uint64, parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, seed)
	fmt.Fprintln(h, parts...)
	x := h.Sum64() // of which similar texts have similar low bits
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// fault is what goes wrong with a call.
func (k *chaos) fault(c tftest.Call) tftest.Fault {
	name := k.names.Replace(c.Request)
	h := hash(k.seed, name)
	times := h/100%3 + 1
	if h/1000%100 < k.forever && c.Service() != "sts" {
		times = 1000
	}
	if h%100 >= k.percent || uint64(c.Nth) > times || k.only != nil && !k.only[name] {
		return tftest.Fault{}
	}
	h = hash(k.seed, name, c.Nth)
	kinds := k.kinds
	if c.Service() == "sts" { // without it there is no run
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(m mishap) bool { return !m.heals })
	}
	if h/1000%10 > 0 {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(m mishap) bool {
			return slices.ContainsFunc(mishaps[len(mishaps)-slowOnes:], func(s mishap) bool { return s.name == m.name })
		})
	}
	m := kinds[h%uint64(len(kinds))]
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.done == nil {
		k.done = map[string][]string{}
	}
	k.done[name] = append(k.done[name], m.name)
	return m.make(c)
}

// count tells how many requests went wrong, and how often.
func (k *chaos) count() (requests, times int) {
	for _, l := range k.done {
		times += len(l)
	}
	return len(k.done), times
}

// String lists what went wrong.
func (k *chaos) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d (%d %% of the requests, %d %% of them for ever):", k.seed, k.percent, k.forever)
	for _, name := range slices.Sorted(maps.Keys(k.done)) {
		fmt.Fprintf(&b, "\n  %s: %s", name, strings.Join(k.done[name], ", "))
	}
	return b.String()
}

// shrink finds few of the requests that went wrong with which run still fails.
// It runs it some dozens of times at most.
func shrink(k *chaos, run func(*chaos) []string) (*chaos, []string) {
	again := func(names []string) (*chaos, []string) {
		n := &chaos{seed: k.seed, percent: k.percent, forever: k.forever, kinds: k.kinds, names: k.names, only: map[string]bool{}}
		for _, name := range names {
			n.only[name] = true
		}
		return n, run(n)
	}
	names := slices.Sorted(maps.Keys(k.done))
	best, wrong := again(names)
	if len(wrong) == 0 {
		return k, nil // it needs its luck
	}
	for size, runs := (len(names)+1)/2, 0; size > 0 && runs < 60; size /= 2 {
		for at := 0; at < len(names) && runs < 60; runs++ {
			fewer := slices.Delete(slices.Clone(names), at, min(at+size, len(names)))
			if n, w := again(fewer); len(w) > 0 {
				names, best, wrong = fewer, n, w
				continue
			}
			at += size
		}
	}
	return best, wrong
}
