package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Result is what a check found.
type Result struct {
	Findings []finding.Finding // in the order of resources, then policies
	Passed   int               // pairs of policy and resource that were evaluated and gave no finding
}

// Check evaluates every policy on every resource that it is about. Resources
// that the plan deletes are skipped. The result does not depend on the number
// of workers. The error is the context's, or that of policies that were to be
// compiled only now.
func (e *Engine) Check(ctx context.Context, set *resource.Set) (Result, error) {
	e, err := e.awakeFor(set)
	if err != nil {
		return Result{}, err
	}
	var (
		all    = set.All()
		found  = make([][]finding.Finding, len(all))
		passed atomic.Int64
		next   atomic.Int64
		wg     sync.WaitGroup
		groups = e.groups(all)
		mu     sync.Mutex
		again  []int // resources on which an evaluation was stopped for its memory
	)
	for range min(e.jobs, max(len(all), 1)) {
		wg.Go(func() {
			w := &worker{evaluator: e.evaluator(), set: set}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				r := all[i]
				if g := groups[r.Type]; g != nil && !r.Deleted() {
					found[i] = w.check(ctx, r, g)
					passed.Add(int64(len(g.policies) - len(found[i])))
					if w.over {
						mu.Lock()
						again = append(again, i)
						mu.Unlock()
						w.over = false
					}
				}
			}
		})
	}
	wg.Wait()
	// Whose memory it was shows when each is evaluated alone.
	for _, i := range again {
		w := &worker{evaluator: e.evaluator(), set: set}
		before := len(found[i])
		found[i] = w.check(ctx, all[i], groups[all[i].Type])
		passed.Add(int64(before - len(found[i])))
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	res := Result{Passed: int(passed.Load())}
	for _, fs := range found {
		res.Findings = append(res.Findings, fs...)
	}
	return res, nil
}

// group is the policies for one resource type and one query for them all.
type group struct {
	policies []*policy
	vars     []ast.Var
	body     ast.Body
	related  []string // types that a policy reads below input.related; "*": all
}

// groups prepares the group of every type among the resources; a type that no
// policy is about has none.
func (e *Engine) groups(all []*resource.Resource) map[string]*group {
	groups := map[string]*group{}
	for _, r := range all {
		if _, ok := groups[r.Type]; !ok {
			groups[r.Type] = e.group(r.Type)
		}
	}
	return groups
}

func (e *Engine) group(t string) *group {
	var g group
	for _, p := range e.policies {
		if p.asleep || !p.about(t) {
			continue
		}
		v := ast.Var(fmt.Sprintf("x%d", len(g.policies)))
		ref := p.path.Append(ast.StringTerm("deny"))
		g.body.Append(ast.Equality.Expr(ast.NewTerm(ref), ast.NewTerm(v)))
		g.policies = append(g.policies, p)
		g.vars = append(g.vars, v)
		g.related = append(g.related, p.Related...)
	}
	if len(g.policies) == 0 {
		return nil
	}
	return &g
}

// worker checks resources one after another.
type worker struct {
	*evaluator
	set *resource.Set
}

// check evaluates the policies of a group on one resource.
func (w *worker) check(ctx context.Context, r *resource.Resource, g *group) []finding.Finding {
	related := w.related(r, g)
	input, err := w.convert.term(document(r, related))
	if err != nil {
		var fs []finding.Finding
		for _, p := range g.policies {
			// What is no JSON cannot be evaluated without its sensitive values either.
			f := p.finding(r, finding.Error, w.constants)
			f.Message = newRedactor(r, related).clean(fmt.Sprintf("the resource is not plain JSON: %v", err))
			fs = append(fs, f)
		}
		return fs
	}
	open, perhaps := make([][]unknownPath, len(g.policies)), make([][]unknownPath, len(g.policies))
	known, hidden := true, w.set.NotRead(r)
	for i, p := range g.policies {
		open[i], perhaps[i] = silent(p.unknowns(r, related, hidden))
		known = known && len(open[i]) == 0
	}
	var answers []*finding.Finding
	together := known && len(g.policies) > 1
	if together {
		answers, together = w.checkTogether(ctx, r, related, g, input)
	}
	var fs []finding.Finding
	for i, p := range g.policies {
		var f *finding.Finding
		if together {
			f = answers[i]
		} else {
			f = w.checkOne(ctx, p, r, related, input, open[i])
		}
		if len(perhaps[i]) > 0 && (f == nil || f.Status == finding.Unknown) {
			f = w.checkOne(ctx, p, r, related, input, append(open[i], perhaps[i]...))
		}
		if f != nil {
			fs = append(fs, *f)
		}
	}
	return fs
}

// checkOne evaluates one policy, with the values that are left open; nil when
// it passes.
func (w *worker) checkOne(ctx context.Context, p *policy, r *resource.Resource, related []*resource.Resource, input *ast.Term, open []unknownPath) *finding.Finding {
	var f finding.Finding
	if len(open) > 0 {
		partly, ok := w.checkPartly(ctx, p, r, related, input, open)
		if !ok {
			return nil
		}
		return &partly
	}
	v, err := w.evaluate(ctx, p, input)
	switch {
	case err != nil:
		f = w.failed(p, r, related, err, w.evaluateAgain(ctx, p))
	case len(v.messages) > 0:
		f = w.violation(p, r, related, v, w.evaluateAgain(ctx, p))
	default:
		return nil
	}
	return &f
}

// related returns the related resources of the types that a policy of the
// group reads. Most policies read none, and documents are dear to make.
func (w *worker) related(r *resource.Resource, g *group) []*resource.Resource {
	if len(g.related) == 0 {
		return nil
	}
	all := w.set.Related(r)
	if slices.Contains(g.related, "*") {
		return all
	}
	var list []*resource.Resource
	for _, o := range all {
		if slices.Contains(g.related, o.Type) {
			list = append(list, o)
		}
	}
	return list
}

// document is [resource.Set.Input] with some of the related resources.
func document(r *resource.Resource, related []*resource.Resource) map[string]any {
	byType := map[string]any{}
	for _, o := range related {
		list, _ := byType[o.Type].([]any)
		byType[o.Type] = append(list, o.Document())
	}
	return map[string]any{"resource": r.Document(), "related": byType}
}

// checkTogether evaluates all policies in one query, which shares what they
// read. When anything fails it reports false, and each is asked alone, so that
// one bad policy does not hide the others.
func (w *worker) checkTogether(ctx context.Context, r *resource.Resource, related []*resource.Resource, g *group, input *ast.Term) ([]*finding.Finding, bool) {
	answers := make([]*finding.Finding, len(g.policies))
	err := w.run(ctx, g.body, input, func(qr topdown.QueryResult) error {
		for i, p := range g.policies {
			v, err := decode(p, qr[g.vars[i]])
			if err != nil {
				return err
			}
			if len(v.messages) > 0 {
				f := w.violation(p, r, related, v, w.evaluateAgain(ctx, p))
				answers[i] = &f
			}
		}
		return nil
	})
	return answers, err == nil
}

func (w *worker) violation(p *policy, r *resource.Resource, related []*resource.Resource, v verdict, again asker) finding.Finding {
	f := p.finding(r, finding.Violation, w.constants)
	v = w.discreet(p, r, related, v, again)
	f.Message = v.message()
	if v.attributes != nil {
		f.Attributes = v.attributes
	}
	return f
}

// failed is the finding of a policy that could not answer. Its message may
// quote a value, so it is redacted too.
func (w *worker) failed(p *policy, r *resource.Resource, related []*resource.Resource, err error, again asker) finding.Finding {
	f := p.finding(r, finding.Error, w.constants)
	f.Message = newRedactor(r, related).clean(w.discreetError(r, related, err, again).Error())
	return f
}

// finding starts a finding of the policy on a resource.
func (p *policy) finding(r *resource.Resource, s finding.Status, constants func() map[string]bool) finding.Finding {
	return finding.Finding{
		Policy:      p.ID,
		Title:       p.Title,
		Severity:    p.Severity,
		Status:      s,
		Attributes:  []string{},
		Observed:    p.observe(r, constants),
		Resource:    subject(r),
		Frameworks:  p.Frameworks,
		Remediation: p.Remediation,
	}
}
