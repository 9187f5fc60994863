package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Suggestion is an exception that live state suggests: identities that use what
// a guardrail would deny. Nobody is exempt by it before a person takes it over.
type Suggestion struct {
	Principals []string `json:"principals"` // ARNs, sorted
	Reason     string   `json:"reason"`
}

// suggestionRule is the name of the rule.
const suggestionRule = "suggestion"

// Suggestions evaluates the suggestion rule of a policy, with the findings as
// input.findings and live resources as input.resources, by type. A policy
// without such a rule suggests nothing. Suggestions are sorted, and have no part
// in what the guardrail denies.
func (e *Engine) Suggestions(ctx context.Context, policyID string, findings []finding.Finding, live []*resource.Resource) ([]Suggestion, error) {
	e = e.awake()
	p := e.find(policyID)
	if p == nil {
		return nil, fmt.Errorf("there is no policy %q", policyID)
	}
	if len(e.compiler.GetRulesExact(p.path.Append(ast.StringTerm(suggestionRule)))) == 0 {
		return nil, nil
	}
	named := e.constants()
	byType := map[string][]any{}
	for _, r := range live {
		if named[r.Type] { // no policy can ask for another
			byType[r.Type] = append(byType[r.Type], masked(r, named).Document())
		}
	}
	objects, err := e.objects(ctx, p, suggestionRule, map[string]any{
		"findings": append([]finding.Finding{}, findings...), "resources": byType,
	})
	if err != nil {
		return nil, err
	}
	var out []Suggestion
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		var s Suggestion
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&s); err != nil {
			return nil, fmt.Errorf("%s: suggestion: %w", p.File, err)
		}
		if s.Reason == "" {
			return nil, fmt.Errorf("%s: suggestion has no reason", p.File)
		}
		slices.Sort(s.Principals)
		if s.Principals = slices.Compact(s.Principals); len(s.Principals) > 0 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Suggestion) int { return strings.Compare(a.Reason, b.Reason) })
	return out, nil
}
