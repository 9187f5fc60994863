package aws

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"
)

// Options say what is collected and how.
type Options struct {
	Config sdk.Config // of the caller, from Load
	Types  []Type     // what to collect; see Select

	Accounts    []string // ids; empty: see Discover
	OUs         []string // ids of OUs or roots
	Regions     []string // empty: all that an account has enabled
	Role        string   // name, with its path, of the role to assume in other accounts
	ExternalID  string
	SessionName string // empty: "parapet"

	// Rate is the number of requests a second to one service in one region of one
	// account, at the start and at most. 0 means DefaultRate, or as fast as it
	// answers for an endpoint that is not AWS's.
	Rate float64
	// Jobs is the number of requests in flight. 0 means four for each core, at
	// least 16.
	Jobs int
	// MaxBackoff bounds the pause before a request is tried again. 0 means the
	// SDK's 20 seconds.
	MaxBackoff time.Duration

	Clock    Clock
	Progress func(Event) // called from several goroutines; may be nil
	// Observe is told of every request, for tests of what collectors declare.
	Observe func(scope Scope, service, operation string)
}

// Event tells how a run goes on.
type Event struct {
	Scope    Scope
	Status   Status // empty: the scope begins
	Calls    int    // of the scope
	Done     int    // scopes so far, those of earlier runs included
	Known    int    // scopes of the accounts that were entered so far
	Entered  int    // accounts
	Accounts int    // all of them
}

// Collector collects. It is good for one run.
type Collector struct {
	options     Options
	slots       chan struct{} // one for each request in flight
	unsupported unsupported
	self        *accountSession
	selfARN     string

	done, known, entered atomic.Int64
}

// New makes a collector. The types must not be empty, and the clock must tell
// the time.
func New(o Options) *Collector {
	if o.Jobs <= 0 {
		o.Jobs = max(16, 4*runtime.GOMAXPROCS(0))
	}
	o.SessionName = cmp.Or(o.SessionName, "parapet")
	o.Types = slices.SortedFunc(slices.Values(o.Types), func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	c := &Collector{options: o, slots: make(chan struct{}, o.Jobs)}
	c.options.Config = o.Config.Copy()
	c.options.Config.Retryer = c.newRetryer
	return c
}

// unbounded is a rate that nothing reaches.
const unbounded = 10000

func (c *Collector) rate() float64 {
	switch {
	case c.options.Rate > 0:
		return c.options.Rate
	case c.options.Config.BaseEndpoint != nil:
		return unbounded
	}
	return DefaultRate
}

// openAccounts is how many accounts are worked on at once. It bounds memory, and
// spreads the requests: budgets are per account.
const openAccounts = 8

// Run collects the plan's accounts into the sink. The error is the sink's or the
// context's; what could not be read is in the outcomes.
func (c *Collector) Run(ctx context.Context, plan Plan, sink Sink) error {
	if _, _, err := c.caller(ctx); err != nil {
		return err
	}
	open := min(openAccounts, max(1, len(plan.Accounts)))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(open)
	for _, a := range plan.Accounts {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return c.account(inner, a, len(plan.Accounts), max(1, c.options.Jobs/open), sink) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// account collects one account, jobs scopes at a time.
func (c *Collector) account(ctx context.Context, a Account, accounts, jobs int, sink Sink) error {
	var as *accountSession
	var failed error
	enter := func() { as, failed = c.signIn(ctx, a.ID) }
	if a.Regions == nil && c.hasRegional() {
		enter()
		a, failed = c.regions(ctx, as, a, failed)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	scopes := c.scopes(a)
	c.known.Add(int64(len(scopes)))
	c.entered.Add(1)
	if err := sink.Enter(a, scopes); err != nil {
		return err
	}
	todo := slices.DeleteFunc(slices.Clone(scopes), sink.Done)
	c.done.Add(int64(len(scopes) - len(todo)))
	todo, err := c.unlisted(a, todo, accounts, sink)
	if err != nil {
		return err
	}
	if len(todo) == 0 {
		return nil
	}
	if as == nil && failed == nil {
		enter()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failed != nil {
		return c.refuse(todo, failed, accounts, sink)
	}
	if c.options.Regions == nil && a.Unlisted.Status == "" { // by this run or an earlier one
		as.list()
	}
	defer as.forget()
	return c.collect(ctx, as, todo, accounts, jobs, sink)
}

func (c *Collector) hasRegional() bool {
	return slices.ContainsFunc(c.options.Types, func(t Type) bool { return t.Reach == Regional })
}

// scopes lists the scopes of an account: its own first, then region by region,
// so that the clients of a region live no longer than they must. A type of which
// no one knows in which regions it should be looked for has one without a region.
func (c *Collector) scopes(a Account) []Scope {
	var list []Scope
	for _, t := range c.options.Types {
		if t.Reach == PerAccount || t.Reach == Organization && a.ID == c.self.id || t.Reach == Regional && a.Unlisted.Status != "" {
			list = append(list, Scope{a.ID, Global, t.Name})
		}
	}
	for _, r := range slices.Sorted(slices.Values(a.Regions)) {
		for _, t := range c.options.Types {
			if t.Reach == Regional {
				list = append(list, Scope{a.ID, r, t.Name})
			}
		}
	}
	return list
}

// refuse puts every scope of an account that cannot be signed in to.
func (c *Collector) refuse(scopes []Scope, failed error, accounts int, sink Sink) error {
	status, detail := Classify(failed)
	if status == RegionOff { // it is not a region's fault
		status = Failed
	}
	for _, s := range scopes {
		if err := sink.Put(Outcome{Scope: s, Status: status, Detail: detail}); err != nil {
			return err
		}
		c.report(Event{Scope: s, Status: status}, accounts)
	}
	return nil
}

// collect collects scopes of one account.
func (c *Collector) collect(ctx context.Context, as *accountSession, todo []Scope, accounts, jobs int, sink Sink) error {
	var mu sync.Mutex
	left := map[string]int{}
	for _, s := range todo {
		left[s.Region]++
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for _, scope := range todo {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error {
			c.report(Event{Scope: scope}, accounts)
			out := c.scope(inner, as, scope)
			if inner.Err() != nil {
				return inner.Err()
			}
			if err := sink.Put(out); err != nil {
				return err
			}
			c.report(Event{Scope: scope, Status: out.Status, Calls: out.Calls}, accounts)
			mu.Lock()
			defer mu.Unlock()
			if left[scope.Region]--; left[scope.Region] == 0 && scope.Region != Global {
				as.drop(scope.Region)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// scope collects one scope.
func (c *Collector) scope(ctx context.Context, as *accountSession, scope Scope) Outcome {
	i, ok := slices.BinarySearchFunc(c.options.Types, scope.Type, func(t Type, name string) int { return strings.Compare(t.Name, name) })
	region := scope.Region
	if region == Global {
		region = homeRegion(as.partition)
	}
	session := as.in(region)
	if !ok {
		return newOut(Type{Name: scope.Type}, session).outcome(scope, errors.New("no collector of this type"))
	}
	n := &counter{}
	if c.options.Observe != nil {
		n.observe = func(service, operation string) { c.options.Observe(scope, service, operation) }
	}
	t := c.options.Types[i]
	out := newOut(t, session)
	err := guard(func() error { return t.Collect(withCounter(ctx, n), session, out) })
	result := out.outcome(scope, err)
	result.Calls = int(n.calls.Load())
	return result
}

func (c *Collector) report(e Event, accounts int) {
	if e.Status != "" {
		c.done.Add(1)
	}
	if c.options.Progress == nil {
		return
	}
	e.Accounts = accounts
	e.Done, e.Known, e.Entered = int(c.done.Load()), int(c.known.Load()), int(c.entered.Load())
	c.options.Progress(e)
}
