package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/parapet-dev/parapet/internal/finding"
)

// Decide reports whether a policy denies one input document, which is made as
// [resource.Set.Input] makes it. It does not look at the policy's types, since
// deny itself does. It is meant to be called thousands of times.
func (e *Engine) Decide(ctx context.Context, policyID string, input map[string]any) (bool, error) {
	e = e.awake()
	p := e.find(policyID)
	if p == nil {
		return false, fmt.Errorf("there is no policy %q", policyID)
	}
	ev := e.evaluator()
	doc, err := ev.convert.term(input)
	if err != nil {
		return false, fmt.Errorf("policy %s: the input is not plain JSON: %w", policyID, err)
	}
	v, err := ev.evaluate(ctx, p, doc)
	if err != nil {
		return false, fmt.Errorf("policy %s: %w", policyID, err)
	}
	return len(v.messages) > 0, nil
}

// Guardrails evaluates the guardrail rule of a policy that declares one, with
// the findings as input.findings. The results are in Rego's order, which does
// not vary.
func (e *Engine) Guardrails(ctx context.Context, policyID string, findings []finding.Finding) ([]map[string]any, error) {
	e = e.awake()
	p := e.find(policyID)
	if p == nil {
		return nil, fmt.Errorf("there is no policy %q", policyID)
	}
	if !p.Guardrail {
		return nil, fmt.Errorf("policy %s has no guardrail rule", policyID)
	}
	return e.objects(ctx, p, "guardrail", map[string]any{"findings": append([]finding.Finding{}, findings...)})
}

// objects evaluates a rule of a policy that gives a set of objects.
func (e *Engine) objects(ctx context.Context, p *policy, rule string, input map[string]any) ([]map[string]any, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.ID, err)
	}
	doc, err := ast.ValueFromReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.ID, err)
	}
	var out []map[string]any
	err = e.evaluator().run(ctx, p.query(rule), ast.NewTerm(doc), func(qr topdown.QueryResult) error {
		set, ok := qr[result].Value.(ast.Set)
		if !ok {
			return fmt.Errorf("%s: %s must be a set: write `%s contains x if { … }`", p.File, rule, rule)
		}
		for _, t := range set.Slice() {
			v, err := ast.JSON(t.Value)
			if err != nil {
				return err
			}
			m, ok := v.(map[string]any)
			if !ok {
				return fmt.Errorf("%s: %s gave a %s, not an object", p.File, rule, ast.ValueName(t.Value))
			}
			out = append(out, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", p.ID, err)
	}
	return out, nil
}
