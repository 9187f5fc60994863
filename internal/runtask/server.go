package runtask

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"regexp"
	"sync"
	"time"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
)

// Gate judges a plan, the JSON of terraform show -json, which it reads to its
// end. The name stands for the plan in what it says. It may be called by several
// goroutines at once and gives up when ctx ends.
type Gate func(ctx context.Context, name string, plan io.Reader) (Verdict, error)

// Verdict is what a gate says of a plan.
type Verdict struct {
	Report finding.Report
	Failed bool   // whether the run is to be stopped
	Notes  string // warnings as text, such as parts of the plan that were not read
}

// Options say whom a server trusts and how much it takes on. What is zero has
// the default that stands beside it.
type Options struct {
	Key       []byte   // shared HMAC key of the run task; required
	Gate      Gate     // required
	Hosts     []string // who may be called with a run's token: NAME or NAME:PORT; app.terraform.io
	PlanHosts []string // where a plan may be redirected to, without the token; archivist.terraform.io
	Path      string   // of the webhook; /run-task
	UserAgent string   // parapet

	Transport http.RoundTripper // for requests to the hosts; http.DefaultTransport with a time limit
	Log       *slog.Logger      // required
	Now       func() time.Time  // required

	Workers int   // plans that are evaluated at once; 2
	Queue   int   // tasks that wait besides; 64
	MaxBody int64 // bytes of a webhook; 1 MiB
	MaxPlan int64 // bytes of a plan; 512 MiB

	TaskTimeout   time.Duration // from the webhook to the verdict; 10 minutes
	Heartbeat     time.Duration // between two progress updates; 1 minute, since HCP gives up after 10
	Poll          time.Duration // between two looks for a plan that is not there yet; 2 seconds
	Backoff       time.Duration // before the first repetition of a request; 1 second, doubled each time
	ReportTimeout time.Duration // for delivering the details, and again the verdict, repetitions included; 1 minute
	Grace         time.Duration // for tasks under way when the server stops; 1 minute
}

// DefaultHosts and DefaultPlanHosts are those of HCP Terraform.
const (
	DefaultHosts     = "app.terraform.io"
	DefaultPlanHosts = "archivist.terraform.io"
)

// retention is how long a task is remembered. A run task that has not ended
// after 60 minutes is over for HCP Terraform, and its token is of no use.
const (
	retention   = 2 * time.Hour
	maxRetained = 100_000
)

func (o Options) withDefaults() Options {
	orInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	orBytes := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	orTime := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	if len(o.Hosts) == 0 {
		o.Hosts = []string{DefaultHosts}
	}
	if len(o.PlanHosts) == 0 {
		o.PlanHosts = []string{DefaultPlanHosts}
	}
	if o.Path == "" {
		o.Path = "/run-task"
	}
	if o.UserAgent == "" {
		o.UserAgent = "parapet"
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
		if t, ok := http.DefaultTransport.(*http.Transport); ok {
			t = t.Clone()
			t.ResponseHeaderTimeout = requestTimeout
			o.Transport = t
		}
	}
	orInt(&o.Workers, 2)
	orInt(&o.Queue, 64)
	orBytes(&o.MaxBody, 1<<20)
	orBytes(&o.MaxPlan, 512<<20)
	orTime(&o.TaskTimeout, 10*time.Minute)
	orTime(&o.Heartbeat, time.Minute)
	orTime(&o.Poll, 2*time.Second)
	orTime(&o.Backoff, time.Second)
	orTime(&o.ReportTimeout, time.Minute)
	orTime(&o.Grace, time.Minute)
	return o
}

var validPath = regexp.MustCompile(`^/[A-Za-z0-9._~/-]+$`)

// Server takes run tasks. Make one with [New].
type Server struct {
	o       Options
	client  client
	workers chan struct{} // a place for each evaluation
	work    context.Context
	abandon context.CancelCauseFunc

	mu       sync.Mutex
	open     int // tasks that are queued or under way
	stopping bool
	seen     memory
	idle     sync.WaitGroup
}

// New returns a server. It opens nothing yet.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	switch {
	case len(o.Key) == 0:
		return nil, diag.Errorf("runtask-key-missing", "a run task server needs the HMAC key of the run task").
			WithDetail("Without it anybody could make the server fetch and report.")
	case o.Gate == nil || o.Log == nil || o.Now == nil:
		return nil, errors.New("runtask: Gate, Log and Now are required")
	case o.Path == "/healthz" || !validPath.MatchString(o.Path) || path.Clean(o.Path) != o.Path:
		return nil, diag.Errorf("runtask-path", "%q is not a path of its own, such as /run-task", o.Path)
	case o.Workers < 0 || o.Queue < 0 || o.MaxBody < 0 || o.MaxPlan < 0:
		return nil, diag.Errorf("runtask-limit", "workers, queue and sizes cannot be negative")
	}
	hosts, err := parseHosts(o.Hosts)
	if err != nil {
		return nil, err
	}
	planHosts, err := parseHosts(o.PlanHosts)
	if err != nil {
		return nil, err
	}
	s := &Server{
		o: o, workers: make(chan struct{}, o.Workers),
		client: newClient(o, hosts, planHosts),
		seen:   memory{known: map[string]bool{}},
	}
	s.work, s.abandon = context.WithCancelCause(context.Background())
	return s, nil
}

// Serve answers on a listener until ctx ends. Then it takes no more tasks, gives
// those under way their grace and reports the rest as failed. It returns nil
// after a stop that was asked for.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	hs := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	broken := make(chan error, 1)
	go func() { broken <- hs.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-broken:
	}
	// The server still answers while it stops: it says that it takes no more.
	s.Stop()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if hs.Shutdown(closing) != nil {
		_ = hs.Close() // somebody keeps a connection busy
	}
	return err
}

// Stop refuses new tasks and waits for those under way, for the grace period at
// most; then it reports them as failed.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopping = true
	n := s.open
	s.mu.Unlock()
	s.o.Log.Info("stopping", "tasks", n)

	idle := make(chan struct{})
	go func() {
		s.idle.Wait()
		close(idle)
	}()
	grace := time.NewTimer(s.o.Grace)
	defer grace.Stop()
	select {
	case <-idle:
	case <-grace.C:
	}
	s.abandon(errStopped)
	<-idle // no longer than it takes to report
	s.o.Log.Info("stopped")
}

// admission is what becomes of a task that is asked for.
type admission int

const (
	admitted  admission = iota
	duplicate           // it is known already
	full                // as many as may wait are waiting
	closed              // the server stops
)

// admit takes a task on, unless there are too many. Everything admitted is
// released when it is done.
func (s *Server) admit(id string) admission {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return closed
	case s.seen.has(id, s.o.Now()):
		return duplicate
	case s.open >= s.o.Workers+s.o.Queue:
		return full
	}
	s.seen.add(id, s.o.Now())
	s.open++
	s.idle.Add(1)
	return admitted
}

func (s *Server) release() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	s.idle.Done()
}

// memory holds the tasks of the last hours, so that none is done twice.
type memory struct {
	known map[string]bool
	order []remembered
}

type remembered struct {
	id    string
	until time.Time
}

func (m *memory) has(id string, now time.Time) bool {
	for len(m.order) > 0 && now.After(m.order[0].until) {
		m.forget()
	}
	return m.known[id]
}

func (m *memory) add(id string, now time.Time) {
	if len(m.order) >= maxRetained {
		m.forget()
	}
	m.known[id] = true
	m.order = append(m.order, remembered{id, now.Add(retention)})
}

func (m *memory) forget() {
	delete(m.known, m.order[0].id)
	m.order = m.order[1:]
}
