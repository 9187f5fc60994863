package tftest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Proxy stands in front of a mock of AWS. It does wrong what a test says, and
// can answer from memory, which is many times as fast as the mock.
type Proxy struct {
	URL string

	target *url.URL
	client http.Transport

	mu       sync.Mutex
	fault    func(Call) Fault
	asked    map[string]int // by request, since Fault was called last
	requests int
	memory   map[string]answered
	replay   bool
}

// answered is what the target said.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// Fault is what goes wrong with a request. The zero value is nothing.
type Fault struct {
	Answer *Answer             // sent in place of the target's
	Reset  bool                // the connection is reset before there is an answer
	Delay  time.Duration       // before the answer
	Drip   time.Duration       // between the first half of the answer and the second
	Cut    bool                // the connection breaks in the middle of the answer
	Edit   func([]byte) []byte // of the answer's body
}

// MockAccount is the account of the mock.
const MockAccount = "123456789012"

// NewProxy starts a proxy before the mock at a URL. It ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: u, asked: map[string]int{}, memory: map[string]answered{}}
	p.client.MaxIdleConnsPerHost = 64
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		p.client.CloseIdleConnections()
	})
	p.URL = server.URL
	return p
}

// Fault says what goes wrong from now on; nil is nothing. It is asked for every
// request, from several goroutines at once. [Call.Nth] counts the attempts of
// one and the same request since then.
func (p *Proxy) Fault(f func(Call) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.requests = f, 0
	clear(p.asked)
}

// Requests returns how many there were since Fault was called last.
func (p *Proxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests
}

// Replay makes the proxy give the last answer that there was to a request,
// without asking the target again. Requests that are new are passed on.
func (p *Proxy) Replay() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replay = true
}

// ServeHTTP implements [http.Handler].
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has given up
	}
	c, _ := parseCall(r, string(body))
	c.Account = MockAccount
	c.Request = c.Region + " " + c.Operation + " " + r.URL.RequestURI() + " " + c.Body
	p.mu.Lock()
	p.requests++
	p.asked[c.Request]++
	c.Nth = p.asked[c.Request]
	fault := p.fault
	p.mu.Unlock()
	var f Fault
	if fault != nil {
		f = fault(c)
	}
	if !wait(r, f.Delay) {
		return
	}
	switch {
	case f.Reset:
		reset(w)
	case f.Answer != nil:
		f.Answer.send(w, r)
	default:
		a, err := p.ask(r, c, body)
		if err != nil {
			if r.Context().Err() == nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
			}
			return
		}
		f.send(w, r, a)
	}
}

// ask asks the target, or the memory.
func (p *Proxy) ask(r *http.Request, c Call, body []byte) (answered, error) {
	p.mu.Lock()
	a, known := p.memory[c.Request]
	known = known && p.replay
	p.mu.Unlock()
	if known {
		return a, nil
	}
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = p.target.Scheme, p.target.Host, ""
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := p.client.RoundTrip(out)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	a = answered{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return answered{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory[c.Request] = a
	return a, nil
}

// send sends what the target said, with what goes wrong in doing so.
func (f Fault) send(w http.ResponseWriter, r *http.Request, a answered) {
	if f.Edit != nil {
		a.body = f.Edit(slices.Clone(a.body))
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Connection")
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	}
	w.WriteHeader(a.status)
	half := len(a.body) / 2
	_, _ = w.Write(a.body[:half]) // whom it does not reach has given up
	if f.Cut || f.Drip > 0 {
		_ = http.NewResponseController(w).Flush()
	}
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	if wait(r, f.Drip) {
		_, _ = w.Write(a.body[half:])
	}
}

// wait waits, and reports whether the client has.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

// reset ends a connection without a goodbye.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what is not sent is lost, and the other side gets a reset
	}
	_ = conn.Close()
}

// Service is the service that a call goes to, as signatures name it.
func (c Call) Service() string {
	service, _, _ := strings.Cut(c.Operation, ":")
	return service
}

// Error is an error in the protocol of the call's service.
func (c Call) Error(status int, code, message string) Answer {
	switch service := c.Service(); {
	case service == "ec2":
		return EC2Error(status, code, message)
	case c.Form != nil, service == "route53", service == "cloudfront":
		return QueryError(status, code, message)
	case service == "s3":
		return S3Error(status, code, message)
	}
	return JSONError(status, code, message)
}

// Throttled is how the call's service says that it was asked too often.
func (c Call) Throttled() Answer {
	switch c.Service() {
	case "ec2":
		return c.Error(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case "s3":
		return c.Error(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	switch {
	case c.Form != nil:
		return c.Error(http.StatusBadRequest, "Throttling", "Rate exceeded")
	case strings.Contains(c.Operation, " "): // of a REST API
		return c.Error(http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests")
	}
	return c.Error(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
}

// Denied is how the call's service says that it is not allowed, with what AWS
// says when it is an SCP that denies, or else for want of an IAM policy.
func (c Call) Denied(bySCP bool) Answer {
	code := "AccessDenied"
	switch {
	case c.Service() == "ec2":
		code = "UnauthorizedOperation"
	case c.Form == nil && c.Service() != "s3":
		code = "AccessDeniedException"
	}
	why := "because no identity-based policy allows the " + c.Service() + " action"
	if bySCP {
		why = "with an explicit deny in a service control policy"
	}
	return c.Error(http.StatusForbidden, code, fmt.Sprintf("User: arn:aws:iam::%s:user/test is not authorized to perform: %s %s", c.Account, c.Operation, why))
}
