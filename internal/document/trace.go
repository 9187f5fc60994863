package document

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// maxTraced is how many steps of one rule are written: on a large plan there
// are millions, and each is kept until it is written.
const maxTraced = 100_000

// Trace writes how a policy comes to its answers: every step of each of its
// rules on a document, with the places in its code, and what it gave. Sensitive
// values are replaced before the evaluation, so that nothing of them can be in
// the trace; where the answer depends on them it may differ from that of
// [Program.Check].
func (p *Program) Trace(ctx context.Context, out io.Writer, id string, doc *input.Document, file File) error {
	i := slices.IndexFunc(p.rules, func(r *rule) bool { return r.ID == id })
	if i < 0 {
		return diag.Errorf("no-such-policy", "there is no policy %q to trace", id).
			WithHint("of policies about whole plans the ids are PACKAGE.RULE, such as main.deny")
	}
	constants := p.constants()
	masked, differs := doc.Masked(finding.Redacted, func(name string) bool { return constants[name] })
	note := ""
	if differs {
		note = ", with sensitive values replaced"
	}
	r := &run{Program: p, store: newStore(p.data, file), watch: newWatch(p.memory)}
	defer r.watch.keep()()
	txn, err := r.store.NewTransaction(ctx)
	if err != nil {
		return err
	}
	defer r.store.Abort(ctx, txn)
	for _, u := range p.rules[i].units {
		if _, err := fmt.Fprintf(out, "trace of %s (%s:%d) on %s%s\n", id, u.about.File, u.about.Line, file.Name, note); err != nil {
			return err
		}
		if err := r.trace(ctx, out, txn, masked, u); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// trace writes the steps of one rule.
func (r *run) trace(ctx context.Context, out io.Writer, txn storage.Transaction, doc *ast.Term, u *unit) error {
	t := &tracer{buffer: topdown.NewBufferTracer()}
	w := &worker{run: r, txn: txn, doc: doc, cache: topdown.NewVirtualCache(), tracer: t}
	a := w.ask(ctx, u)
	topdown.PrettyTraceWithLocation(out, *t.buffer)
	if t.left > 0 {
		if _, err := fmt.Fprintf(out, "  and %d more steps\n", t.left); err != nil {
			return err
		}
	}
	for _, res := range a.results {
		if _, err := fmt.Fprintf(out, "  gives %q\n", res.message); err != nil {
			return err
		}
	}
	if a.err != nil {
		_, err := fmt.Fprintf(out, "  %v\n", a.err)
		return err
	}
	return nil
}

// tracer keeps the first steps of an evaluation and counts the others.
type tracer struct {
	buffer *topdown.BufferTracer
	left   int
}

func (t *tracer) Enabled() bool { return true }

func (t *tracer) Config() topdown.TraceConfig { return t.buffer.Config() }

func (t *tracer) TraceEvent(e topdown.Event) {
	if len(*t.buffer) >= maxTraced {
		t.left++
		return
	}
	t.buffer.TraceEvent(e)
}
