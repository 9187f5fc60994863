package cmd

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// collection is the flags of every verb that collects live state.
type collection struct {
	out        string
	regions    []string
	accounts   []string
	ous        []string
	role       string
	externalID string
	profile    string
	endpoint   string
	types      []string
	all        bool
	resume     bool
	rate       float64
	session    string
	given      map[string][]string // the flags that are given, for --resume
}

func (o *collection) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "write the snapshot into `DIR`")
	f.StringSliceVar(&o.regions, "regions", nil, "collect these Regions, a `LIST`, or all that an account has enabled (default all)")
	f.StringSliceVar(&o.accounts, "accounts", nil, "collect these accounts, a `LIST` of ids (default the caller's; with --role, the organization's)")
	f.StringSliceVar(&o.ous, "ous", nil, "collect the accounts below these OUs or roots, a `LIST` of ids")
	f.StringVar(&o.role, "role", "", "assume the role of this `NAME` in other accounts")
	f.StringVar(&o.externalID, "external-id", "", "external `ID` to assume the role with")
	f.StringVar(&o.session, "session-name", "", "`NAME` the sessions of the role so, in CloudTrail too (default parapet)")
	f.StringVar(&o.profile, "profile", "", "use the `NAME`d profile of the shared AWS configuration")
	f.StringVar(&o.endpoint, "endpoint", "", "send the requests of every service to `URL` (mocks and proxies)")
	f.StringSliceVar(&o.types, "types", nil, "collect the types that match `GLOB`, whatever the policies need (repeatable)")
	f.BoolVar(&o.all, "all", false, "collect every type that there is a collector for")
	f.BoolVar(&o.resume, "resume", false, "go on with the snapshot in --out that was interrupted, as it was begun")
	f.Float64Var(&o.rate, "rate", 0, "send at most `N` requests a second to a service of a Region of an account (default 20)")
	mustDirs(c, "out")
	complete(c, map[string][]string{"types": typeNames(collect.Types()), "regions": {"all"}})
}

// collectionFlags are the names of the flags.
func collectionFlags() []string {
	return []string{"out", "regions", "accounts", "ous", "role", "external-id", "session-name", "profile", "endpoint", "types", "all", "resume", "rate"}
}

func typeNames(table []aws.Type) []string {
	names := make([]string, len(table))
	for i, t := range table {
		names[i] = t.Name
	}
	return names
}

// Names as AWS takes them.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
var (
	unitID      = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$`)
	roleName    = regexp.MustCompile(`^([\x21-\x7e]+/)?[\w+=,.@-]{1,64}$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

// check refuses what makes no sense before anything is asked.
func (o collection) check(verb string) error {
	for _, a := range o.accounts {
		if !resource.IsAccount(a) {
			return usagef(verb, "--accounts: %q is not the id of an account (12 digits)", a)
		}
	}
	for _, r := range o.regions {
		if r != "all" && !resource.IsRegion(r) {
			return usagef(verb, "--regions: %q is not the name of a Region, such as eu-west-1", r)
		}
	}
	for _, u := range o.ous {
		if !unitID.MatchString(u) {
			return usagef(verb, "--ous: %q is not the id of an OU or a root, such as ou-ab12-11111111 or r-ab12", u)
		}
	}
	for _, g := range o.types {
		if _, err := path.Match(g, ""); err != nil {
			return usagef(verb, "--types: %q is no pattern", g)
		}
	}
	switch {
	case o.rate < 0:
		return usagef(verb, "--rate %v is not a number of requests", o.rate)
	case len(o.regions) > 1 && slices.Contains(o.regions, "all"):
		return usagef(verb, "--regions: all and the names of some exclude each other")
	case o.all && len(o.types) > 0:
		return usagef(verb, "--all and --types exclude each other")
	case o.resume && o.out == "":
		return usagef(verb, "--resume needs --out")
	case strings.HasPrefix(o.role, "arn:"):
		return usagef(verb, "--role %s is an ARN: give the name alone, with its path, which is the same in every account", o.role)
	case o.role != "" && !roleName.MatchString(o.role):
		return usagef(verb, "--role %q is not the name of a role", o.role)
	case o.session != "" && !sessionName.MatchString(o.session):
		return usagef(verb, "--session-name %q is not one that AWS takes: 2 to 64 letters, digits and any of _+=,.@-", o.session)
	case o.externalID != "" && (len(o.externalID) > 1224 || !externalID.MatchString(o.externalID)):
		return usagef(verb, "--external-id is not one that AWS takes: 2 to 1224 letters, digits and any of _+=,.@:/-")
	case o.session != "" && o.role == "":
		return usagef(verb, "--session-name needs --role")
	case o.externalID != "" && o.role == "":
		return usagef(verb, "--external-id needs --role")
	case len(o.ous) > 0 && o.role == "":
		return usagef(verb, "--ous needs --role: other accounts are entered by a role")
	}
	return nil
}

// rows chooses the collectors: all, those of --types, or those that the
// policies need. Types that policies need and that no collector reads are
// returned too.
func (o collection) rows(verb string, policies []engine.Policy) (rows []aws.Type, missing []string, err error) {
	table := collect.Types()
	if o.all {
		return table, nil, nil
	}
	names, err := o.typeNames(verb, table, policies)
	if err != nil {
		return nil, nil, err
	}
	rows, missing = aws.Select(table, names)
	if len(rows) == 0 {
		return nil, nil, diag.Errorf("snapshot-nothing", "no collector reads a type that the policies are about").
			WithHint("--all collects every type")
	}
	return rows, missing, nil
}

// typeNames lists the types that are wanted: those of --types, or those that the
// policies need.
func (o collection) typeNames(verb string, table []aws.Type, policies []engine.Policy) ([]string, error) {
	var names []string
	for _, g := range o.types {
		n := len(names)
		for _, t := range table {
			for _, name := range append([]string{t.Name}, t.StandsFor...) {
				if ok, _ := path.Match(g, name); ok { // check has looked at the pattern
					names = append(names, name)
				}
			}
		}
		if len(names) == n {
			return nil, usagef(verb, "--types: no collector reads a type that matches %q", g)
		}
	}
	if len(o.types) > 0 {
		return names, nil
	}
	for _, p := range policies {
		names = append(names, p.Types...)
		names = append(names, p.Related...)
	}
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "aws_") && !strings.HasPrefix(n, "parapet_") }), nil
}

// collect collects into a directory. What cannot be read is in the manifest.
func (s Streams) collect(ctx context.Context, o collection, rows []aws.Type, jobs int) (snapshot.Manifest, error) {
	cfg, err := aws.Load(ctx, aws.LoadOptions{Profile: o.profile, Endpoint: o.endpoint, Timeout: s.Timeout})
	if err != nil {
		return snapshot.Manifest{}, err
	}
	regions := slices.Sorted(slices.Values(o.regions))
	if slices.Contains(regions, "all") {
		regions = nil
	}
	progress := newCollecting(s)
	c := aws.New(aws.Options{
		Config: cfg, Types: rows, Accounts: o.accounts, OUs: o.ous, Regions: regions,
		Role: o.role, ExternalID: o.externalID, SessionName: o.session, Rate: o.rate, Jobs: jobs,
		MaxBackoff: s.Backoff, Clock: aws.Clock{Now: s.Now}, Progress: progress.event,
	})
	s.progress("finding accounts")
	plan, err := c.Discover(ctx)
	s.progressDone()
	if err != nil {
		return snapshot.Manifest{}, err
	}
	request := snapshot.Request{Partition: plan.Partition, Regions: regions, Accounts: []string{}, Types: []string{}}
	if request.Regions == nil {
		request.Regions = []string{}
	}
	for _, a := range plan.Accounts {
		request.Accounts = append(request.Accounts, a.ID)
	}
	types := map[string]snapshot.Type{}
	for _, t := range rows {
		request.Types = append(request.Types, t.Name)
		types[t.Name] = snapshot.Type{Filled: t.Paths(), ConfigOnly: t.ConfigOnly, Overlap: t.Overlap, Volatile: t.Volatile, StandsFor: t.StandsFor}
	}
	begin := snapshot.Create
	if o.resume {
		begin = snapshot.Resume
	}
	start := s.Now()
	w, err := begin(o.out, "parapet "+s.Version, request, types)
	if err != nil {
		return snapshot.Manifest{}, err
	}
	defer w.Close()
	if err := w.Remember(o.given); err != nil {
		return snapshot.Manifest{}, err
	}
	for i, a := range plan.Accounts {
		if known, ok := w.Account(a.ID); ok {
			plan.Accounts[i].Regions = known.Regions
			if u := known.Unlisted; u != nil {
				plan.Accounts[i].Unlisted = aws.Unlisted{Status: aws.Status(u.Status), Detail: u.Detail}
			}
		}
	}
	sink := &sink{Writer: w}
	err = c.Run(ctx, plan, sink)
	progress.done()
	if err != nil {
		if ctx.Err() != nil {
			s.warn(diag.Warningf("snapshot-unfinished", "the snapshot is not finished; what was collected is kept").
				WithHint("go on with: parapet snapshot --resume --out %s", quoteShell(o.out)))
		}
		return snapshot.Manifest{}, err
	}
	var notes []string
	for _, a := range plan.LeftOut {
		notes = append(notes, fmt.Sprintf("account %s is left out: %s", a.ID, a.Reason))
	}
	return w.Finish(notes, collectionRun{
		Started: start.UTC().Format(time.RFC3339), Finished: s.Now().UTC().Format(time.RFC3339),
		Flags: o.given, Caller: plan.CallerARN, Resumed: w.Resumed(), Calls: sink.calls(),
	})
}

// collectionRun is what run.json keeps of a collection.
type collectionRun struct {
	Started  string              `json:"started"`
	Finished string              `json:"finished"`
	Flags    map[string][]string `json:"flags"` // of the reach and the role
	Caller   string              `json:"caller"`
	Resumed  int                 `json:"resumed_scopes"`
	Calls    int                 `json:"calls"` // requests, retries included, of the last attempt
}

// sink stores what the collector finds.
type sink struct {
	*snapshot.Writer
	mu sync.Mutex
	n  int
}

func (k *sink) calls() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}

func scopeOf(s aws.Scope) snapshot.Scope {
	return snapshot.Scope{Account: s.Account, Region: s.Region, Type: s.Type}
}

// Enter implements [aws.Sink].
func (k *sink) Enter(a aws.Account, scopes []aws.Scope) error {
	list := make([]snapshot.Scope, len(scopes))
	for i, s := range scopes {
		list[i] = scopeOf(s)
	}
	regions := a.Regions
	if regions == nil {
		regions = []string{}
	}
	account := snapshot.Account{ID: a.ID, Name: a.Name, Path: a.Path, Regions: regions, Management: a.Management}
	if u := a.Unlisted; u.Status != "" {
		account.Unlisted = &snapshot.Unlisted{Status: snapshot.Status(u.Status), Detail: u.Detail}
	}
	return k.Writer.Enter(account, list)
}

// Done implements [aws.Sink].
func (k *sink) Done(s aws.Scope) bool { return k.Writer.Done(scopeOf(s)) }

// Put implements [aws.Sink].
func (k *sink) Put(o aws.Outcome) error {
	k.mu.Lock()
	k.n += o.Calls
	k.mu.Unlock()
	e := snapshot.Entry{Scope: scopeOf(o.Scope), Status: snapshot.Status(o.Status), Detail: o.Detail}
	for _, g := range o.Gaps {
		e.Gaps = append(e.Gaps, snapshot.Gap{
			Type: g.Type, ID: g.ID, Attributes: g.Attributes, Related: g.Related, Status: snapshot.Status(g.Status), Detail: g.Detail,
		})
	}
	return k.Writer.Put(e, o.Resources)
}

// collecting shows how a collection goes on: what is running and what is left.
type collecting struct {
	Streams
	mu      sync.Mutex
	running map[aws.Scope]bool
	shown   time.Time
}

func newCollecting(s Streams) *collecting {
	return &collecting{Streams: s, running: map[aws.Scope]bool{}}
}

func (p *collecting) event(e aws.Event) {
	if !p.ErrTerminal {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Status == "" {
		p.running[e.Scope] = true
	} else {
		delete(p.running, e.Scope)
	}
	now := p.Now()
	if now.Sub(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = now
	what := ""
	for s := range p.running {
		if name := strings.TrimSpace(s.Region + " " + s.Type); what == "" || name < what {
			what = name
		}
	}
	accounts := ""
	if e.Accounts > 1 {
		accounts = fmt.Sprintf(", account %d of %d", e.Entered, e.Accounts)
	}
	p.progress("collected %d of %d scopes%s, %d running: %s", e.Done, e.Known, accounts, len(p.running), what)
}

func (p *collecting) done() { p.progressDone() }
