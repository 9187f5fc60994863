package aws

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	sdkmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// maxAttempts is how often a request is sent in all. With the SDK's backoff the
// last one goes about half a minute after the first.
const maxAttempts = 6

// operation is a call of an API, as the collector counts and remembers it.
type operation struct{ service, name string }

// counterKey is the context's key of the number of calls of a scope.
type counterKey struct{}

type counter struct {
	calls   atomic.Int64
	observe func(service, operation string) // nil outside of tests
}

func withCounter(ctx context.Context, c *counter) context.Context {
	return context.WithValue(ctx, counterKey{}, c)
}

// newRetryer is the SDK's standard retryer, which also tries again when an
// answer was cut off, empty or none of the service's, and does not when the run knows that the endpoint
// does not support the operation.
func (c *Collector) newRetryer() sdk.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		if c.options.MaxBackoff > 0 {
			o.MaxBackoff = c.options.MaxBackoff
			o.Backoff = retry.NewExponentialJitterBackoff(c.options.MaxBackoff)
		}
		ours := retryable
		if c.self == nil { // the first request of all
			ours = func(err error) sdk.Ternary {
				if unreached(err) {
					return sdk.FalseTernary // a wrong endpoint or no network, more likely than a fault
				}
				return retryable(err)
			}
		}
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(ours)}, o.Retryables...)
	})
}

func retryable(err error) sdk.Ternary {
	var known *unsupportedError
	var shape *smithy.DeserializationError
	switch {
	case errors.As(err, &known):
		return sdk.FalseTernary
	case errors.As(err, new(*smithy.CanceledError)):
		return sdk.FalseTernary
	case errors.Is(err, errEmpty), errors.Is(err, errForeign), errors.Is(err, io.ErrUnexpectedEOF):
		return sdk.TrueTernary
	case errors.As(err, &shape) && statusCode(err) < 300, garbled(err):
		return sdk.TrueTernary // cut off in the middle
	}
	return sdk.UnknownTernary
}

// unreached reports whether no connection could be made.
func unreached(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// unsupportedError is an error of an operation that the endpoint is known not to
// support: once was enough to ask again and again.
type unsupportedError struct{ error }

func (e *unsupportedError) Unwrap() error { return e.error }

// unsupported remembers operations.
type unsupported struct {
	mu    sync.Mutex
	known map[operation]int
}

// times that an operation must be seen to fail before it is believed: an error
// page may also come from a fault on the way.
const times = 2

func (u *unsupported) seen(op operation) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known == nil {
		u.known = map[operation]int{}
	}
	u.known[op]++
	return u.known[op] >= times
}

func (u *unsupported) forget(op operation) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.known, op)
}

// attempts puts the budget in front of every attempt of a call, inside the
// SDK's retry loop, and watches how it ends.
func (s *Session) attempts(stack *middleware.Stack) error {
	odd := middleware.DeserializeMiddlewareFunc("ParapetAnswer", refuseOdd)
	if err := stack.Deserialize.Add(odd, middleware.After); err != nil {
		return err
	}
	attempt := middleware.FinalizeMiddlewareFunc("ParapetAttempt", s.attempt)
	return stack.Finalize.Insert(attempt, (*retry.Attempt)(nil).ID(), middleware.After)
}

func (s *Session) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	op := operation{sdkmiddleware.GetServiceID(ctx), sdkmiddleware.GetOperationName(ctx)}
	c := s.account.collector
	b := s.account.budget(s.Region, op.service)
	if err := b.wait(ctx); err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &smithy.CanceledError{Err: err}
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &smithy.CanceledError{Err: ctx.Err()}
	}
	defer func() { <-c.slots }()
	if n, ok := ctx.Value(counterKey{}).(*counter); ok {
		n.calls.Add(1)
		if n.observe != nil {
			n.observe(op.service, op.name)
		}
	}
	out, metadata, err := next.HandleFinalize(ctx, in)
	switch status, _ := Classify(err); {
	case err == nil:
		b.succeeded()
		c.unsupported.forget(op)
	case status == Throttled:
		b.throttled()
	case status == Unsupported && c.unsupported.seen(op):
		err = &unsupportedError{err}
	}
	return out, metadata, err
}
