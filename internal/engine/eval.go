package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// verdict is what the deny rule of a policy says of one resource.
type verdict struct {
	messages   []string // sorted; empty: no violation
	attributes []string // sorted
}

// evaluator runs queries one after another. Each worker has its own.
type evaluator struct {
	*Engine
	convert *converter
	start   HeapSize
	over    bool // an evaluation was stopped for its memory
}

func (e *Engine) evaluator() *evaluator {
	return &evaluator{Engine: e, convert: newConverter(), start: Heap()}
}

// query prepares a query over the shared store. The clock and the seed that
// OPA would take are fixed: no builtin that could read them is left.
func (e *evaluator) query(body ast.Body, input *ast.Term, cancel topdown.Cancel) *topdown.Query {
	return topdown.NewQuery(body).
		WithCompiler(e.compiler).
		WithStore(e.store).
		WithTransaction(e.txn).
		WithInput(input).
		WithCancel(cancel).
		WithMetrics(metrics.NoOp()).
		WithTime(time.Unix(1, 0)).
		WithSeed(noChance{}).
		WithStrictBuiltinErrors(true)
}

// noChance is the random source of policies: there is none.
type noChance struct{}

func (noChance) Read([]byte) (int, error) { return 0, errors.New("policies have no randomness") }

// run evaluates a query and hands its one result to use. Queries of rule sets
// are always defined, so that nothing at all is an error.
func (e *evaluator) run(ctx context.Context, body ast.Body, input *ast.Term, use func(topdown.QueryResult) error) error {
	g := e.guard(ctx)
	defer g.release()
	defined := false
	err := contain(func() error {
		return e.query(body, input, g).Iter(ctx, func(qr topdown.QueryResult) error {
			defined = true
			return use(qr)
		})
	})
	switch {
	case err != nil:
		return e.explain(ctx, g, err)
	case !defined:
		return errors.New("the policy gave no answer")
	}
	return nil
}

// contain turns a panic of the evaluator into an error: some builtins panic on
// numbers that no computer can hold.
func contain(evaluate func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the policy makes the evaluator fail: %v", p)
		}
	}()
	return evaluate()
}

// explain turns an evaluation error into one that names the place in the
// policy, or into the context's own error when the whole run was stopped.
func (e *evaluator) explain(ctx context.Context, g *guard, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if g.over.Load() {
		e.over = true
		return memoryError{e.memory}
	}
	if topdown.IsCancel(err) {
		return timeoutError{e.timeout}
	}
	var te *topdown.Error
	if !errors.As(err, &te) {
		return err
	}
	if te.Location == nil || te.Location.File == "" {
		return errors.New(te.Message)
	}
	return fmt.Errorf("%s:%d: %s", te.Location.File, te.Location.Row, te.Message)
}

// evaluate answers for one policy and one input.
func (e *evaluator) evaluate(ctx context.Context, p *policy, input *ast.Term) (verdict, error) {
	var v verdict
	err := e.run(ctx, p.denyAll, input, func(qr topdown.QueryResult) error {
		var err error
		v, err = decode(p, qr[result])
		return err
	})
	return v, err
}

// decode reads the set that deny gave.
func decode(p *policy, t *ast.Term) (verdict, error) {
	set, ok := t.Value.(ast.Set)
	if !ok {
		return verdict{}, fmt.Errorf("%s:%d: deny gave %s, not a set", p.File, p.Line, ast.ValueName(t.Value))
	}
	var v verdict
	for _, e := range set.Slice() {
		if err := v.add(e); err != nil {
			return verdict{}, fmt.Errorf("%s:%d: %w", p.File, p.Line, err)
		}
	}
	v.sort()
	return v, nil
}

func (v *verdict) sort() {
	slices.Sort(v.messages)
	v.messages = slices.Compact(v.messages)
	slices.Sort(v.attributes)
	v.attributes = slices.Compact(v.attributes)
}

// add reads one result of deny: a message, or {msg, attribute} or
// {msg, attributes}.
func (v *verdict) add(t *ast.Term) error {
	switch r := t.Value.(type) {
	case ast.String:
		v.messages = append(v.messages, string(r))
		return nil
	case ast.Object:
		return v.addObject(r)
	}
	return fmt.Errorf("deny gave a %s; it must give {\"msg\": …, \"attribute\": …} or a string", ast.ValueName(t.Value))
}

func (v *verdict) addObject(r ast.Object) error {
	var problem error
	r.Foreach(func(key, value *ast.Term) {
		name, _ := key.Value.(ast.String)
		switch name {
		case "msg":
			s, ok := value.Value.(ast.String)
			if !ok {
				problem = errors.New("deny gave a result whose msg is not a string")
			}
			v.messages = append(v.messages, string(s))
		case "attribute":
			problem = errors.Join(problem, v.addAttribute(value))
		case "attributes":
			list, ok := value.Value.(interface{ Foreach(func(*ast.Term)) })
			if !ok {
				problem = errors.New("deny gave a result whose attributes are not a list of strings")
				return
			}
			list.Foreach(func(e *ast.Term) { problem = errors.Join(problem, v.addAttribute(e)) })
		default:
			problem = fmt.Errorf("deny gave a result with %s; it may have msg, attribute and attributes", key)
		}
	})
	if problem == nil && r.Get(ast.StringTerm("msg")) == nil {
		problem = errors.New("deny gave a result without msg")
	}
	return problem
}

func (v *verdict) addAttribute(t *ast.Term) error {
	s, ok := t.Value.(ast.String)
	if !ok {
		return errors.New("deny gave an attribute that is not a string")
	}
	v.attributes = append(v.attributes, string(s))
	return nil
}

// message joins the messages of a verdict.
func (v *verdict) message() string { return strings.Join(v.messages, "; ") }
