package document

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
)

// Result is what a check found.
type Result struct {
	Findings []finding.Finding // in the order of rules, then of their messages
	Passed   int               // rules that gave nothing, counted as conftest does
}

// File is what policies see of the input as data.conftest.file.
type File struct{ Name, Dir string }

// answer is what one unit gave.
type answer struct {
	results []result
	err     error
}

// outcome is what the units of one rule gave.
type outcome struct {
	answers    []answer
	exceptions int   // ways in which the policies exempt the rule
	err        error // of asking for exceptions
}

// Check evaluates every rule on a document. The result does not depend on the
// number of workers. The error is the context's, and nothing else.
func (p *Program) Check(ctx context.Context, doc *input.Document, file File) (Result, error) {
	run := &run{Program: p, store: newStore(p.data, file), watch: newWatch(p.memory)}
	defer run.watch.keep()()
	outcomes, err := run.evaluate(ctx, doc.Value, func(int, int) bool { return true })
	if err != nil {
		return Result{}, err
	}
	masked, err := run.masked(ctx, doc, outcomes)
	if err != nil {
		return Result{}, err
	}
	var res Result
	names := newAddresses(doc.Types)
	for i, r := range p.rules {
		res.Findings = append(res.Findings, run.findings(r, outcomes[i], masked[i], names)...)
	}
	res.Passed = p.passed(outcomes)
	return res, nil
}

// run is one check.
type run struct {
	*Program
	store storage.Store
	watch *watch
}

// task is one unit of one rule; unit -1 stands for its exceptions.
type task struct{ rule, unit int }

// evaluate asks the units of rules for which want holds. Unit -1 stands for the
// exceptions of a rule.
func (r *run) evaluate(ctx context.Context, doc *ast.Term, want func(rule, unit int) bool) ([]outcome, error) {
	outcomes := make([]outcome, len(r.rules))
	var tasks []task
	for i, rule := range r.rules {
		outcomes[i].answers = make([]answer, len(rule.units))
		for u := range len(rule.units) + 1 {
			if want(i, u-1) {
				tasks = append(tasks, task{i, u - 1})
			}
		}
	}
	txn, err := r.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer r.store.Abort(ctx, txn)
	var (
		next atomic.Int64
		wg   sync.WaitGroup
	)
	for range min(r.jobs, len(tasks)) {
		wg.Go(func() {
			w := &worker{run: r, txn: txn, doc: doc, cache: topdown.NewVirtualCache()}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				w.do(ctx, tasks[i], &outcomes[tasks[i].rule])
			}
		})
	}
	wg.Wait()
	// Whose memory it was shows when each is evaluated alone.
	for _, t := range tasks {
		out := &outcomes[t.rule]
		err := out.err
		if t.unit >= 0 {
			err = out.answers[t.unit].err
		}
		if m, over := errors.AsType[memoryError](err); over && !m.alone && ctx.Err() == nil {
			r.watch.anew()
			w := &worker{run: r, txn: txn, doc: doc, cache: topdown.NewVirtualCache()}
			w.do(ctx, t, out)
		}
	}
	return outcomes, ctx.Err()
}

// do asks a unit, or for the exceptions of a rule.
func (w *worker) do(ctx context.Context, t task, out *outcome) {
	rule := w.rules[t.rule]
	if t.unit >= 0 {
		out.answers[t.unit] = w.ask(ctx, rule.units[t.unit])
	} else {
		out.exceptions, out.err = w.exceptions(ctx, rule)
	}
}

// worker evaluates one query after another. What helpers gave for the document
// is kept for the queries that follow.
type worker struct {
	*run
	txn    storage.Transaction
	doc    *ast.Term
	cache  topdown.VirtualCache
	tracer topdown.QueryTracer // nil: nobody listens
}

// result is the name of nothing in a policy.
const resultVar = ast.Var("parapet result")

// ask evaluates a unit. Results that came before an error count too.
func (w *worker) ask(ctx context.Context, u *unit) answer {
	var a answer
	var bad error
	body := append(slices.Clip(u.body), ast.Equality.Expr(ast.NewTerm(resultVar), u.value))
	err := w.query(ctx, body, func(qr topdown.QueryResult) error {
		var err error
		if u.whole {
			a.results, err = decodeWhole(qr[resultVar])
		} else {
			var one result
			if one, err = decode(qr[resultVar]); err == nil {
				a.results = append(a.results, one)
			}
		}
		if err != nil {
			bad = fmt.Errorf("%s:%d: %s gave %w", u.about.File, u.about.Line, u.about.ID, err)
		}
		return nil
	})
	if a.err = err; err == nil {
		a.err = bad
	}
	return a
}

// exceptions counts the ways in which the policies exempt a rule.
func (w *worker) exceptions(ctx context.Context, r *rule) (int, error) {
	n := 0
	err := w.query(ctx, r.exception, func(topdown.QueryResult) error { n++; return nil })
	return n, err
}

func (w *worker) query(ctx context.Context, body ast.Body, use func(topdown.QueryResult) error) error {
	stop := w.watch.begin()
	defer w.watch.end(stop)
	timer := time.AfterFunc(w.timeout, stop.cancel.Cancel)
	defer timer.Stop()
	defer context.AfterFunc(ctx, stop.cancel.Cancel)()
	err := contain(func() error {
		return w.evaluate(ctx, body, stop.cancel, use)
	})
	if err == nil {
		return nil
	}
	w.cache = topdown.NewVirtualCache() // the old one may have been left in the middle
	if topdown.IsCancel(err) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if stop.over.Load() {
			return memoryError{w.watch.limit, stop.alone.Load()}
		}
		return timeoutError{w.timeout}
	}
	if te, ok := errors.AsType[*topdown.Error](err); ok {
		if te.Location != nil && te.Location.File != "" {
			return fmt.Errorf("%s:%d: %s", te.Location.File, te.Location.Row, te.Message)
		}
		return errors.New(te.Message)
	}
	return err
}

func (w *worker) evaluate(ctx context.Context, body ast.Body, cancel topdown.Cancel, use func(topdown.QueryResult) error) error {
	q := topdown.NewQuery(body).
		WithCompiler(w.compiler).
		WithStore(w.store).
		WithTransaction(w.txn).
		WithInput(w.doc).
		WithCancel(cancel).
		WithMetrics(metrics.NoOp()).
		WithTime(time.Unix(1, 0)).
		WithSeed(noChance{}).
		WithVirtualCache(w.cache).
		WithStrictBuiltinErrors(true)
	if w.tracer != nil {
		q = q.WithQueryTracer(w.tracer)
	}
	return q.Iter(ctx, use)
}

// contain turns a panic of the evaluator into an error: no input and no policy
// may end the run.
func contain(evaluate func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the policy makes the evaluator fail: %v", p)
		}
	}()
	return evaluate()
}

// timeoutError says that a rule took too long.
type timeoutError struct{ limit time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("the rule took longer than %s", e.limit) }

// noChance is the random source of policies: there is none.
type noChance struct{}

func (noChance) Read([]byte) (int, error) { return 0, errors.New("policies have no randomness") }

// passed counts what passed as conftest does: a name that gave nothing is one,
// and so is every rule that is left when each result takes one.
func (p *Program) passed(outcomes []outcome) int {
	total := 0
	rules, given, silent := map[string]int{}, map[string]int{}, map[string]int{}
	for i, r := range p.rules {
		results, failed := 0, 0
		for _, a := range outcomes[i].answers {
			results += len(a.results)
			if a.err != nil {
				failed++
			}
		}
		rules[r.namespace] += r.count
		switch n := outcomes[i].exceptions; {
		case n > 0:
			given[r.namespace] += n
		case results > 0 || failed > 0 || outcomes[i].err != nil:
			given[r.namespace] += results + failed
		default:
			silent[r.namespace]++
		}
	}
	for ns, n := range rules {
		total += max(silent[ns], n-given[ns])
	}
	return total
}

// newStore holds the data of policies, with what conftest says of the input.
func newStore(data map[string]any, file File) storage.Store {
	root := map[string]any{}
	maps.Copy(root, data)
	about := map[string]any{}
	if given, ok := data["conftest"].(map[string]any); ok {
		maps.Copy(about, given)
	}
	about["file"] = map[string]any{"name": file.Name, "dir": file.Dir}
	root["conftest"] = about
	return inmem.NewFromObjectWithOpts(root, inmem.OptRoundTripOnWrite(true), inmem.OptReturnASTValuesOnRead(true))
}
