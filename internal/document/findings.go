package document

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/resource"
)

// masked asks what said something again on a copy of the document without its
// sensitive values. What it says there too does not depend on them. Units that
// can read nothing sensitive need not be asked: they would say the same. There
// are no answers for rules none of whose units were asked.
func (r *run) masked(ctx context.Context, doc *input.Document, outcomes []outcome) ([]*outcome, error) {
	again := make([]*outcome, len(outcomes))
	spoke := func(a answer) bool { return a.err != nil || len(a.results) > 0 }
	if !slices.ContainsFunc(outcomes, func(o outcome) bool { return o.err != nil || slices.ContainsFunc(o.answers, spoke) }) {
		return again, nil
	}
	constants := r.constants()
	masked, differs := doc.Masked(finding.Redacted, func(name string) bool { return constants[name] })
	if !differs {
		return again, nil
	}
	sees := func(rules []*ast.Rule) bool { return input.Differ(doc.Value, masked, r.follow(rules).projection()) }
	ask := make([][]bool, len(outcomes))
	for i, o := range outcomes {
		if o.err != nil && sees(r.rules[i].exceptions(r.compiler)) {
			outcomes[i].err = hide(o.err)
		}
		ask[i] = make([]bool, len(o.answers))
		for u, a := range o.answers {
			ask[i][u] = spoke(a) && sees(r.rules[i].units[u].rules)
		}
	}
	list, err := r.evaluate(ctx, masked, func(rule, unit int) bool { return unit >= 0 && ask[rule][unit] })
	for i, o := range list {
		if !slices.Contains(ask[i], true) {
			continue
		}
		for u := range o.answers {
			if !ask[i][u] {
				o.answers[u] = outcomes[i].answers[u]
			}
		}
		again[i] = &list[i]
	}
	return again, err
}

// errHidden stands for an error whose text depends on a sensitive value.
var errHidden = errors.New("the rule fails on a sensitive value, which is not shown")

// findings makes the findings of one rule. Two rules of a set may give the same
// element, which counts once.
func (r *run) findings(rule *rule, o outcome, masked *outcome, names addresses) []finding.Finding {
	var list []finding.Finding
	if o.err != nil {
		list = append(list, failure(rule.Policy, o.err))
	}
	seen := ast.NewSet()
	for i, a := range o.answers {
		about := rule.units[i].about
		for _, res := range a.results {
			if t := ast.NewTerm(res.value); !rule.units[i].whole {
				if seen.Contains(t) {
					continue
				}
				seen.Add(t)
			}
			f := violation(about, res, names)
			if masked != nil && !r.innocent(res, masked) {
				f.Message = r.discreet(about, f.Resource.Address, masked.answers[i], names)
			}
			if o.exceptions > 0 {
				id := rule.namespace + ".exception"
				f.Status, f.Exception = finding.Exempt, &id
			}
			list = append(list, f)
		}
		if a.err != nil {
			err := a.err
			if masked != nil && (masked.answers[i].err == nil || masked.answers[i].err.Error() != err.Error()) {
				err = hide(err)
			}
			list = append(list, failure(about, err))
		}
	}
	return list
}

func hide(err error) error {
	_, late := errors.AsType[timeoutError](err)
	if _, large := errors.AsType[memoryError](err); late || large {
		return err
	}
	return errHidden
}

// innocent reports whether a rule says the same of the masked document, or the
// message stands in the policy.
func (r *run) innocent(res result, masked *outcome) bool {
	if r.constants()[res.message] {
		return true
	}
	for _, a := range masked.answers {
		if slices.ContainsFunc(a.results, func(m result) bool { return m.message == res.message }) {
			return true
		}
	}
	return false
}

// discreet is what is said in place of a message that depends on a sensitive
// value: what the rule says of the same resource of the masked document, when
// that shows that something is missing.
func (r *run) discreet(about finding.Policy, address string, masked answer, names addresses) string {
	var said []string
	for _, m := range masked.results {
		if address != "" && names.of(m) == address && strings.Contains(strings.ToLower(m.message), finding.Redacted) {
			said = append(said, m.message)
		}
	}
	if len(said) == 1 {
		return said[0]
	}
	what := about.Title
	if address != "" {
		what = address + ": " + what
	}
	return fmt.Sprintf("%s (the message depends on a sensitive value and is not shown)", what)
}

func violation(p finding.Policy, res result, names addresses) finding.Finding {
	f := start(p, finding.Violation)
	f.Message = res.message
	if address := names.of(res); address != "" {
		f.Resource.Type, f.Resource.Address = names.types[address], address
	}
	return f
}

func failure(p finding.Policy, err error) finding.Finding {
	f := start(p, finding.Error)
	f.Message = err.Error()
	return f
}

func start(p finding.Policy, s finding.Status) finding.Finding {
	return finding.Finding{
		Policy: p.ID, Title: p.Title, Severity: p.Severity, Status: s, Document: true,
		Attributes: []string{}, Observed: map[string]any{},
		Resource:   finding.Subject{Type: finding.DocumentType, Origin: resource.OriginPlan},
		Frameworks: map[string][]string{}, Remediation: p.Remediation,
	}
}
