package aws

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
)

// Account is an account to collect.
type Account struct {
	ID   string   // 12 digits
	Name string   // empty where Organizations does not tell
	Path []string // ids of the root and the OUs above it, outermost first

	// Management says that it is known to manage its organization, so that no
	// SCP and no RCP binds it.
	Management bool

	// Regions to collect. Nil until they are found out when the account is
	// entered; a run that resumes may give those that it knows.
	Regions []string
	// Disabled are the regions that the account has not enabled, where known.
	Disabled []string
	// Unlisted says why the account's regions could not be listed; empty where they
	// were, or were not asked for. It may have others than Regions then.
	Unlisted Unlisted
}

// Unlisted is why the regions of an account could not be listed.
type Unlisted struct {
	Status Status
	Detail string // one line
}

// Session is one account in one region, as collectors use it. Clients and what
// [Once] keeps live until the last scope of the region is done.
type Session struct {
	Account   string
	Region    string // of the endpoints; the home region for PerAccount types
	Partition string

	cfg     sdk.Config
	enabled bool // the account lists the region as enabled
	account *accountSession
	memo    memo
}

// accountSession is what the sessions of an account share.
type accountSession struct {
	collector *Collector
	id        string
	partition string
	cfg       sdk.Config // with the account's credentials
	memo      memo
	mu        sync.Mutex
	sessions  map[string]*Session
	budgets   map[string]*budget // by region and service
	listed    bool               // the account itself told which regions it has enabled
}

func (c *Collector) newAccountSession(id, partition string, cfg sdk.Config) *accountSession {
	return &accountSession{
		collector: c, id: id, partition: partition, cfg: cfg,
		sessions: map[string]*Session{}, budgets: map[string]*budget{},
	}
}

// in returns the session of a region, made on first use.
func (a *accountSession) in(region string) *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sessions[region]
	if s == nil {
		s = &Session{Account: a.id, Region: region, Partition: a.partition, account: a, enabled: a.listed}
		s.cfg = a.cfg.Copy()
		s.cfg.Region = region
		s.cfg.APIOptions = append(slices.Clip(s.cfg.APIOptions), s.attempts)
		a.sessions[region] = s
	}
	return s
}

// drop forgets the session of a region, unless global services are there.
func (a *accountSession) drop(region string) {
	if region == homeRegion(a.partition) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.sessions, region)
	for k := range a.budgets {
		if strings.HasPrefix(k, region+" ") {
			delete(a.budgets, k)
		}
	}
}

// forget drops all that the account's scopes shared.
func (a *accountSession) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.sessions)
	clear(a.budgets)
	a.memo.forget()
}

// list notes that the account itself told which regions it has enabled, and drops
// the sessions that were made before that was known.
func (a *accountSession) list() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.sessions)
	a.listed = true
}

// budget returns the budget of a service in a region.
func (a *accountSession) budget(region, service string) *budget {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := region + " " + service
	b := a.budgets[k]
	if b == nil {
		b = newBudget(a.collector.options.Clock, a.collector.rate())
		a.budgets[k] = b
	}
	return b
}

// Home returns the account's session in the partition's home region, where the
// global services are.
func (s *Session) Home() *Session { return s.account.in(homeRegion(s.Partition)) }

// In returns the account's session in another region.
func (s *Session) In(region string) *Session { return s.account.in(region) }

// CustomEndpoint reports whether requests go to an endpoint that the user named
// rather than to AWS.
func (s *Session) CustomEndpoint() bool { return s.cfg.BaseEndpoint != nil }

// ARN writes the ARN of something in the session's account and region.
func (s *Session) ARN(service, name string) string {
	return strings.Join([]string{"arn", s.Partition, service, s.Region, s.Account, name}, ":")
}

// GlobalARN writes the ARN of something that has no region in its ARN.
func (s *Session) GlobalARN(service, name string) string {
	return strings.Join([]string{"arn", s.Partition, service, "", s.Account, name}, ":")
}

// Client returns the session's client of a service, made on first use:
//
//	c := aws.Client(s, ec2.NewFromConfig)
func Client[C, O any](s *Session, create func(sdk.Config, ...func(*O)) *C, options ...func(*O)) *C {
	c, err := once(context.Background(), &s.memo, reflect.TypeFor[C](), func(context.Context) (*C, error) {
		return create(s.cfg, options...), nil
	})
	if err != nil { // only a panic of the SDK
		panic(err)
	}
	return c
}

// Once does something once for the session's account and region, and gives its
// answer, or its error, to all that ask by the same key: lists that several
// types share. Name keys as the call: "s3:ListBuckets".
func Once[T any](ctx context.Context, s *Session, key string, do func(context.Context) (T, error)) (T, error) {
	return once(ctx, &s.memo, key, do)
}

// OncePerAccount is Once for all regions of the session's account together. do
// must not depend on the session's region; see [Session.Home].
func OncePerAccount[T any](ctx context.Context, s *Session, key string, do func(context.Context) (T, error)) (T, error) {
	return once(ctx, &s.account.memo, key, do)
}

// memo keeps answers by key. The zero value is ready.
type memo struct {
	mu      sync.Mutex
	entries map[any]*entry
}

type entry struct {
	done  chan struct{}
	value any
	err   error
}

func (m *memo) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.entries)
}

func once[T any](ctx context.Context, m *memo, key any, do func(context.Context) (T, error)) (T, error) {
	var none T
	for {
		m.mu.Lock()
		e, asked := m.entries[key]
		if !asked {
			if m.entries == nil {
				m.entries = map[any]*entry{}
			}
			e = &entry{done: make(chan struct{})}
			m.entries[key] = e
		}
		m.mu.Unlock()
		if !asked {
			e.err = guard(func() (err error) {
				e.value, err = do(ctx)
				return err
			})
			if canceled(e.err) {
				m.mu.Lock()
				delete(m.entries, key)
				m.mu.Unlock()
			}
			close(e.done)
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if asked && canceled(e.err) {
			// Whoever asked first was interrupted, which need not concern us.
			if ctx.Err() != nil {
				return none, ctx.Err()
			}
			continue
		}
		v, ok := e.value.(T)
		if !ok && e.err == nil {
			return none, fmt.Errorf("two answers of different types are kept under the key %v", key)
		}
		return v, e.err
	}
}

// homes are the regions that hold a partition's global services, by partition.
var homes = map[string]string{
	"aws":        "us-east-1",
	"aws-cn":     "cn-north-1",
	"aws-us-gov": "us-gov-west-1",
	"aws-iso":    "us-iso-east-1",
	"aws-iso-b":  "us-isob-east-1",
	"aws-iso-e":  "eu-isoe-west-1",
	"aws-iso-f":  "us-isof-south-1",
	"aws-eusc":   "eusc-de-east-1",
}

func homeRegion(partition string) string {
	if r := homes[partition]; r != "" {
		return r
	}
	return homes["aws"]
}
