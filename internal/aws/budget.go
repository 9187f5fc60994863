package aws

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time and waits. The zero value is the real waiting with no
// clock; a run needs Now.
type Clock struct {
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error // nil: wait for real
}

func (c Clock) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// DefaultRate is how many requests a second go to one service of one region of
// one account. Most read operations of AWS refill at 10 to 50 a second.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
const DefaultRate = 20

const (
	minRate  = 0.5         // requests a second, however often it is throttled
	recovery = 100         // a success gives back this part of the full rate
	patience = time.Second // throttled answers this close together count once
)

// budget paces the requests to one service in one region of one account. The
// rate halves when a request is throttled and grows back slowly. Up to one
// second's worth may go at once.
type budget struct {
	clock Clock

	mu     sync.Mutex
	full   float64 // requests a second
	rate   float64
	next   time.Time // when the request after the last one is due
	slowed time.Time // when the rate was halved last
}

func newBudget(clock Clock, rate float64) *budget {
	return &budget{clock: clock, full: rate, rate: rate}
}

// wait returns when the next request may go.
func (b *budget) wait(ctx context.Context) error {
	d := b.reserve()
	if d <= 0 {
		return ctx.Err()
	}
	return b.clock.sleep(ctx, d)
}

// reserve takes the next place in the queue and says how long it is till then.
func (b *budget) reserve() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, each := b.clock.Now(), time.Duration(float64(time.Second)/b.rate)
	saved := max(each, time.Second)
	if b.rate < b.full {
		saved = each // who was throttled has nothing saved up
	}
	if earliest := now.Add(-saved); b.next.Before(earliest) {
		b.next = earliest
	}
	b.next = b.next.Add(each)
	return b.next.Sub(now)
}

// throttled halves the rate. Requests in flight together are one event.
func (b *budget) throttled() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if !b.slowed.IsZero() && now.Sub(b.slowed) < patience {
		return
	}
	b.slowed = now
	b.rate = max(b.rate/2, min(minRate, b.full))
}

// succeeded lets the rate grow.
func (b *budget) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rate = min(b.full, b.rate+b.full/recovery)
}
