package aws

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Item is one resource as a collector describes it. Its account and region are
// the session's.
type Item struct {
	ID   string // as the provider writes it; empty for what an account or region has once
	ARN  string // empty for what has none of its own
	Name string // for people; the id when empty

	// Values are the provider's attributes: blocks as lists of objects, and what
	// is not set left out or nil. Pointers, numbers, named strings and times of
	// the SDK are taken as they are. "id", "arn" (where it is filled) and
	// "tags_all" (of "tags") are set for you.
	Values map[string]any

	// Unknown are filled attributes of which what was read does not tell the
	// value, by path: those that are worked out. See Out.Miss for what could not
	// be read.
	Unknown []string

	missing []string
}

// Out takes what one collection of one type finds. It is safe for concurrent
// use.
type Out struct {
	typ     Type
	session *Session
	paths   []string // that are filled

	mu        sync.Mutex
	resources []*resource.Resource
	gaps      []Gap
	tried     int             // elements that Each went through
	lost      map[string]bool // ids of the parents with a gap
	note      string
}

func newOut(t Type, s *Session) *Out {
	return &Out{typ: t, session: s, paths: t.Paths(), lost: map[string]bool{}}
}

// Add takes one resource.
func (o *Out) Add(it Item) {
	r := o.typ.resource(it, o.session.Account, o.session.Region, o.session.Partition, o.paths)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resources = append(o.resources, r)
}

// Resource makes the resource that an item describes. A type that an account
// has once has no region.
func (t Type) Resource(it Item, account, region, partition string) *resource.Resource {
	return t.resource(it, account, region, partition, t.Paths())
}

func (t Type) resource(it Item, account, region, partition string, filled []string) *resource.Resource {
	values, _ := Plain(it.Values).(map[string]any)
	if values == nil {
		values = map[string]any{}
	}
	if it.ID != "" {
		values["id"] = it.ID
	}
	if it.ARN != "" && slices.Contains(t.Filled, "arn") {
		values["arn"] = it.ARN
	}
	if tags, ok := values["tags"]; ok {
		values["tags_all"] = tags
	}
	r := &resource.Resource{
		Type: t.Name, Name: cmp.Or(it.Name, it.ID), Provider: provider,
		ID: it.ID, ARN: it.ARN, Account: account, Partition: partition,
		Origin: resource.OriginSnapshot, Values: values, Filled: filled,
		Unknown: marks(slices.Concat(it.Unknown, it.missing)), Sensitive: marks(t.Sensitive),
	}
	if t.Reach == Regional {
		r.Region = region
	}
	r.Address = address(r)
	return r
}

const provider = "registry.terraform.io/hashicorp/aws"

// address makes an address for a resource that no configuration names, unique in
// its account: the type, and as instance key the region and the id.
func address(r *resource.Resource) string {
	key := r.ID
	switch {
	case r.Region != "" && r.ID != "":
		key = r.Region + "/" + r.ID
	case r.ID == "":
		key = cmp.Or(r.Region, r.Account)
	}
	return r.Type + "[" + strconv.Quote(key) + "]"
}

// Miss notes that attributes of an item could not be read, and goes on: they
// become unknown. Call it before Add. It returns an error, which the collector
// must return, if there is no use in going on.
func (o *Out) Miss(it *Item, err error, attributes ...string) error {
	if fatal(err) {
		return err
	}
	it.missing = append(it.missing, attributes...)
	if slices.Contains(attributes, "tags") { // of which tags_all is made
		it.missing = append(it.missing, "tags_all")
	}
	o.gap(Gap{Type: o.typ.Name, ID: it.ID, Attributes: slices.Sorted(slices.Values(attributes))}, err)
	return nil
}

// Gap notes that it could not be read whether the parent of this id has a
// resource of this type, and goes on. It returns an error, which the collector
// must return, if there is no use in going on.
func (o *Out) Gap(parent string, err error) error {
	if fatal(err) {
		return err
	}
	o.gap(Gap{Type: cmp.Or(o.typ.Parent, o.typ.Name), ID: parent, Related: o.typ.Name}, err)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost[parent] = true
	return nil
}

// Note says why a scope holds what it does, for the detail of one that is
// complete. Write it as one line that is the same whenever the cause is.
func (o *Out) Note(detail string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.note = detail
}

func (o *Out) gap(g Gap, err error) {
	g.Status, g.Detail = o.session.classify(err)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gaps = append(o.gaps, g)
}

// fatal reports whether an error that one resource met would meet all others.
func fatal(err error) bool {
	status, _ := Classify(err)
	return canceled(err) || status == Unsupported || status == RegionOff
}

// width is how many elements Each works on at once. What bounds the requests in
// flight is the run's --jobs and the budget; this bounds goroutines.
const width = 8

// Each calls do for every element, several at a time, and returns the first
// error, after which no new calls are made.
func Each[T any](ctx context.Context, out *Out, list []T, do func(ctx context.Context, element T) error) error {
	out.mu.Lock()
	out.tried += len(list)
	out.mu.Unlock()
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(width)
	for _, e := range list {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return guard(func() error { return do(inner, e) }) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// guard turns a panic into an error: one odd answer must not cost the run.
func guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the collector panicked: %v%s", p, panicPlace(debug.Stack()))
		}
	}()
	return do()
}

// panicPlace finds the line of ours that panicked in a stack trace: the one
// after that of the call of panic.
func panicPlace(stack []byte) string {
	_, after, ok := strings.Cut(string(stack), "\npanic(")
	if !ok {
		return ""
	}
	for line := range strings.Lines(after) {
		place, ok := strings.CutPrefix(line, "\t")
		if !ok || strings.Contains("/"+place, "/runtime/") { // -trimpath leaves nothing before it
			continue
		}
		place, _, _ = strings.Cut(strings.TrimSpace(place), " ")
		return " at " + place[strings.LastIndexByte(place, '/')+1:]
	}
	return ""
}

// outcome sums the collection up. Where every resource that was asked for its
// part failed, so has the scope.
func (o *Out) outcome(scope Scope, err error) Outcome {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := Outcome{Scope: scope, Status: Complete, Detail: o.note, Resources: o.resources, Gaps: o.gaps}
	slices.SortFunc(out.Gaps, Gap.compare)
	slices.SortStableFunc(out.Resources, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.ARN, b.ARN))
	})
	switch {
	case err != nil:
		out.Status, out.Detail = o.session.classify(err)
	case o.tried > 0 && len(o.lost) == o.tried:
		out.Status, out.Detail = out.Gaps[0].Status, out.Gaps[0].Detail
	}
	return out
}
