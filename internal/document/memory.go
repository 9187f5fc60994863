package document

import (
	"cmp"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/engine"
)

// DefaultMemoryLimit bounds by how many bytes the heap may grow while rules are
// evaluated on one document. Rules take a few kilobytes for each resource.
const DefaultMemoryLimit = 2 << 30

// glance is how often the heap is looked at.
const glance = 5 * time.Millisecond

// watch stops the evaluations of one check when the heap grows too much.
type watch struct {
	limit   uint64
	mu      sync.Mutex
	start   engine.HeapSize
	running map[*stopper]bool
}

// stopper stops one evaluation.
type stopper struct {
	cancel topdown.Cancel
	over   atomic.Bool // for its memory, or that of another beside it
	alone  atomic.Bool // there was no other
}

func newWatch(limit uint64) *watch {
	return &watch{limit: cmp.Or(limit, DefaultMemoryLimit), start: engine.Heap(), running: map[*stopper]bool{}}
}

// begin returns what stops an evaluation until end.
func (w *watch) begin() *stopper {
	s := &stopper{cancel: topdown.NewCancel()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[s] = true
	return s
}

func (w *watch) end(s *stopper) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, s)
}

// anew makes the heap of now the one to start from.
func (w *watch) anew() {
	runtime.GC()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start = engine.Heap()
}

// keep watches until the function that it returns is called.
func (w *watch) keep() (release func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(glance)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				w.look()
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.start.Grown(w.limit) {
		return
	}
	for s := range w.running {
		if !s.over.Load() {
			s.alone.Store(len(w.running) == 1)
		}
		s.over.Store(true)
		s.cancel.Cancel()
	}
}

// memoryError says that a rule took too much memory.
type memoryError struct {
	limit uint64
	alone bool // no other was evaluated beside it
}

func (e memoryError) Error() string {
	return fmt.Sprintf("the rule took more than %d MB of memory", e.limit>>20)
}
