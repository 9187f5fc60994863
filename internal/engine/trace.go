package engine

import (
	"context"
	"fmt"
	"io"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Trace writes how a policy comes to its answers: every step of its evaluation
// on each resource that it is about, with the places in its code. Sensitive
// values are replaced before the evaluation, so that nothing of them can be in
// the trace; where the answer depends on them it may differ from that of
// [Engine.Check].
func (e *Engine) Trace(ctx context.Context, out io.Writer, policyID string, set *resource.Set) error {
	e = e.awake()
	p := e.find(policyID)
	if p == nil {
		return diag.Errorf("no-such-policy", "there is no policy %q to trace", policyID).
			WithHint("`parapet policy list` shows the ids")
	}
	w := &worker{evaluator: e.evaluator(), set: set}
	g := &group{policies: []*policy{p}, related: p.Related}
	for _, r := range set.All() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !p.about(r.Type) || r.Deleted() {
			continue
		}
		if err := w.trace(ctx, out, p, r, w.related(r, g)); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) trace(ctx context.Context, out io.Writer, p *policy, r *resource.Resource, related []*resource.Resource) error {
	note := ""
	if secretive(r, related) {
		note = ", with sensitive values replaced"
	}
	open, _ := silent(p.unknowns(r, related, w.set.NotRead(r)))
	if len(open) > 0 {
		note += ", partially: " + dependence(open)
	}
	if _, err := fmt.Fprintf(out, "trace of %s on %s%s\n", p.ID, r.Address, note); err != nil {
		return err
	}
	input, err := w.convert.term(w.maskedDocument(r, related))
	if err != nil {
		_, err = fmt.Fprintf(out, "  the resource is not plain JSON\n")
		return err
	}
	tracer := topdown.NewBufferTracer()
	answer := w.traced(ctx, p, input, open, tracer)
	topdown.PrettyTraceWithLocation(out, *tracer)
	if answer != nil {
		_, err = fmt.Fprintf(out, "  %v\n", answer)
	}
	return err
}

// traced evaluates as [Engine.Check] does. The error is that of the policy.
func (w *worker) traced(ctx context.Context, p *policy, input *ast.Term, open []unknownPath, tracer topdown.QueryTracer) error {
	g := w.guard(ctx)
	defer g.release()
	err := contain(func() error {
		if len(open) == 0 {
			return w.query(p.denyAll, input, g).WithQueryTracer(tracer).
				Iter(ctx, func(topdown.QueryResult) error { return nil })
		}
		_, _, err := w.query(p.denyOne, input, g).WithQueryTracer(tracer).
			WithUnknowns(unknownTerms(open)).WithShallowInlining(true).PartialRun(ctx)
		return err
	})
	if err != nil {
		return w.explain(ctx, g, err)
	}
	return nil
}
