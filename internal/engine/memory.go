package engine

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"
)

// DefaultMemoryLimit bounds by how many bytes the heap may grow while one policy
// is evaluated on one resource.
const DefaultMemoryLimit = 512 << 20

// An evaluation takes microseconds. One that takes longer than patience is
// watched: its heap and its time are looked at every glance.
const (
	patience = 5 * time.Millisecond
	glance   = time.Millisecond
)

// guard stops an evaluation that takes too long or too much memory. The
// evaluator asks it before every step whether to go on. A step can double what
// is there, so that once the evaluation is watched each answer looks at the heap;
// for steps that are long in themselves, another goroutine looks too.
type guard struct {
	start    HeapSize // before the evaluation
	limit    uint64
	watched  atomic.Bool
	stopped  atomic.Bool
	over     atomic.Bool // it was stopped for its memory
	finished atomic.Bool
	timer    *time.Timer
	detach   func() bool
}

var _ topdown.Cancel = (*guard)(nil)

// guard watches one evaluation until it is released.
func (e *evaluator) guard(ctx context.Context) *guard {
	g := &guard{start: e.start, limit: e.memory}
	first := min(patience, e.timeout)
	g.timer = time.AfterFunc(first, func() { g.watch(e.timeout - first) })
	g.detach = context.AfterFunc(ctx, g.Cancel)
	return g
}

func (g *guard) release() {
	g.finished.Store(true)
	g.timer.Stop()
	g.detach()
}

// Cancel stops the evaluation.
func (g *guard) Cancel() { g.stopped.Store(true) }

// Cancelled reports whether the evaluation must stop.
func (g *guard) Cancelled() bool {
	if g.watched.Load() {
		g.look()
	}
	return g.stopped.Load()
}

// watch looks at the heap until the evaluation ends or the time is up.
func (g *guard) watch(left time.Duration) {
	g.watched.Store(true)
	late := time.NewTimer(left)
	defer late.Stop()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for !g.finished.Load() && !g.stopped.Load() {
		select {
		case <-late.C:
			g.Cancel()
		case <-tick.C:
			g.look()
		}
	}
}

// look stops the evaluation when the heap has grown by more than the limit.
func (g *guard) look() {
	if g.start.Grown(g.limit) {
		g.over.Store(true)
		g.Cancel()
	}
}

// HeapSize says how large the heap is: the bytes of the objects on the heap, and of those that the last
// collection found alive.
type HeapSize struct{ all, live uint64 }

// Heap returns the size of the heap.
func Heap() HeapSize {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	value := func(s metrics.Sample) uint64 {
		if s.Value.Kind() != metrics.KindUint64 {
			return 0 // a Go that has it no more; a test shows
		}
		return s.Value.Uint64()
	}
	return HeapSize{value(samples[0]), value(samples[1])}
}

// Grown reports whether the heap has grown since by more than a limit. What other
// evaluations leave as garbage does not count: the last collection must have
// seen the growth too, unless it is more than garbage can be before there is
// another collection.
func (h HeapSize) Grown(limit uint64) bool {
	now := Heap()
	return now.all > h.all+limit && now.live > h.live+limit/2 || now.all > h.all+h.live+2*limit
}

// memoryError says that a policy took too much memory.
type memoryError struct{ limit uint64 }

func (e memoryError) Error() string {
	return fmt.Sprintf("the policy took more than %d MB of memory", e.limit>>20)
}
