package aws

import (
	"context"
	"testing"
	"time"
)

// fakeClock is a clock that only sleeping moves.
type fakeClock struct{ now time.Time }

func (f *fakeClock) clock() Clock {
	return Clock{
		Now: func() time.Time { return f.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			f.now = f.now.Add(d)
			return ctx.Err()
		},
	}
}

// send passes n requests and returns how long that took.
func send(t *testing.T, f *fakeClock, b *budget, n int) time.Duration {
	t.Helper()
	start := f.now
	for range n {
		if err := b.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return f.now.Sub(start)
}

func TestBudget(t *testing.T) {
	f := &fakeClock{now: time.Unix(1000, 0)}
	b := newBudget(f.clock(), 10)
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if got < want*95/100 || got > want*105/100 {
			t.Errorf("%s took %v, want about %v", what, got, want)
		}
	}
	near("110 requests at 10 a second, the first 10 at once", send(t, f, b, 110), 10*time.Second)
	f.now = f.now.Add(time.Hour)
	near("20 requests after an hour, which saves up one second", send(t, f, b, 20), time.Second)

	b.throttled()
	b.throttled() // in flight together: one event
	near("10 requests after being throttled", send(t, f, b, 10), 2*time.Second)
	f.now = f.now.Add(2 * time.Second)
	b.throttled()
	near("11 requests after being throttled again, the first at once", send(t, f, b, 11), 4*time.Second)

	for range 1000 {
		b.succeeded()
	}
	if b.rate != 10 {
		t.Errorf("the rate grows to %v, want 10", b.rate)
	}
	for range 100 {
		f.now = f.now.Add(2 * time.Second)
		b.throttled()
	}
	if b.rate != minRate {
		t.Errorf("the rate falls to %v, want %v", b.rate, minRate)
	}
	b.succeeded()
	if b.rate != minRate+0.1 {
		t.Errorf("a success brings it to %v, want %v", b.rate, minRate+0.1)
	}
}

// TestBudgetRate: whatever happens, no second sees more than the rate and one
// second's worth that was saved up.
func TestBudgetRate(t *testing.T) {
	for _, rate := range []float64{0.3, 1, 7, 20, 1000} {
		f := &fakeClock{now: time.Unix(0, 0)}
		b := newBudget(f.clock(), rate)
		var sent []time.Time
		for i := range 500 {
			send(t, f, b, 1)
			sent = append(sent, f.now)
			if i%70 == 69 {
				b.throttled()
			}
			b.succeeded()
		}
		for i, from := range sent {
			n := 0
			for _, at := range sent[i:] {
				if at.Sub(from) < time.Second {
					n++
				}
			}
			if float64(n) > 2*rate+2 {
				t.Fatalf("rate %v: %d requests within a second", rate, n)
			}
		}
	}
}

func TestBudgetCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBudget(Clock{Now: func() time.Time { return time.Unix(0, 0) }}, 0.001)
	if err := b.wait(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := b.wait(ctx); err == nil {
		t.Error("waits on after the run has ended")
	}
}
