package runtask

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Reasons for giving a task up.
var (
	errTimeout = errors.New("the task took longer than it may")
	errStopped = errors.New("the server was stopped before the task was done")
)

// perform does an admitted task: it has the plan judged, keeps HCP Terraform
// informed meanwhile and delivers the verdict.
func (s *Server) perform(p payload) {
	defer s.release()
	log := s.o.Log.With("run", p.RunID, "result", p.ResultID, "stage", clip(p.Stage, maxID),
		"organization", clip(p.Organization, maxID), "workspace", clip(p.Workspace, maxID))
	log.Info("accepted")
	ctx, cancel := context.WithTimeoutCause(s.work, s.o.TaskTimeout, errTimeout)
	defer cancel()

	var doing phase
	doing.Store("waiting for other plans to be evaluated")
	done := make(chan answer, 1)
	go func() { done <- s.judge(ctx, p, &doing) }()

	beat := time.NewTicker(s.o.Heartbeat)
	defer beat.Stop()
	var a answer
	for waiting := true; waiting; {
		select {
		case a = <-done:
			waiting = false
		case <-ctx.Done():
			// Who does not heed ctx is left behind, with the place that it takes.
			a, waiting = doing.givenUp(ctx), false
		case <-beat.C:
			// One that is lost is made up for by the next.
			if err := s.client.callback(ctx, p, 1, running(doing.String(), nil)); err != nil {
				log.Warn("progress not delivered", "error", err)
			}
		}
	}
	if p.Capabilities.Outcomes && len(a.outcomes) > 0 {
		// Details go ahead, as the protocol advises: if they are refused, the
		// verdict still arrives.
		if err := s.report(ctx, p, running("the details are being written", a.outcomes)); err != nil {
			log.Warn("details not delivered", "error", err)
		}
	}
	if err := s.report(ctx, p, a.message()); err != nil {
		log.Error("verdict not delivered", "status", a.status, "message", a.text, "error", err)
		return
	}
	log.Info("done", "status", a.status, "message", a.text)
}

// report delivers a part of the answer, also when the task has run out of time.
func (s *Server) report(ctx context.Context, p payload, m message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.ReportTimeout)
	defer cancel()
	return s.client.callback(ctx, p, attempts, m)
}

// phase is what a task is doing, for those who wait.
type phase struct{ atomic.Value }

func (p *phase) String() string {
	s, _ := p.Load().(string)
	return s
}

// givenUp is the answer of a task whose context has ended.
func (p *phase) givenUp(ctx context.Context) answer {
	return failure(fmt.Errorf("%w, while %s", context.Cause(ctx), p))
}

// judge fetches the plan and has it judged. Whatever goes wrong is a failure.
func (s *Server) judge(ctx context.Context, p payload, doing *phase) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			s.o.Log.Error("panic", "run", p.RunID, "value", r, "stack", string(debug.Stack()))
			a = failure(errors.New("the evaluation broke off; the log of the server says where"))
		}
	}()
	if why := p.unfit(); why != "" {
		return failure(errors.New(why))
	}
	select {
	case s.workers <- struct{}{}:
		defer func() { <-s.workers }()
	case <-ctx.Done():
		return doing.givenUp(ctx)
	}
	// explain prefers the reason for which a task was given up to what came of it.
	explain := func(err error) answer {
		if ctx.Err() != nil {
			return doing.givenUp(ctx)
		}
		return failure(err)
	}
	doing.Store("waiting for the plan")
	body, err := s.client.plan(ctx, p)
	if err != nil {
		return explain(fmt.Errorf("the plan could not be fetched: %w", err))
	}
	defer body.Close()
	doing.Store("evaluating the plan")
	plan := &planReader{r: body, left: s.o.MaxPlan}
	v, err := s.o.Gate(ctx, p.RunID, plan)
	switch {
	case errors.Is(plan.err, errPlanSize):
		return failure(fmt.Errorf("%w: %d bytes", errPlanSize, s.o.MaxPlan))
	case plan.err != nil && !errors.Is(plan.err, io.EOF):
		return explain(fmt.Errorf("the plan could not be read to its end: %w", plan.err))
	case err != nil:
		return explain(err)
	case plan.err == nil:
		return failure(errors.New("the plan was not read to its end"))
	}
	return verdict(v)
}
