package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Looking for sensitive strings in what a policy says does not find what it
// makes of them: upper case, base64, a part. So whatever a policy says of a
// resource with sensitive values is asked for again on a copy in which they are
// replaced. What it says there too cannot depend on them, nor can sentences
// that stand in the policy as they are; the rest is not shown.

// asker evaluates a policy on an input in the way that gave a verdict.
type asker func(input *ast.Term) (verdict, error)

// discreet returns the verdict without what depends on sensitive values.
func (w *worker) discreet(p *policy, r *resource.Resource, related []*resource.Resource, v verdict, again asker) verdict {
	if !secretive(r, related) {
		return v
	}
	x, constants := newRedactor(r, related), w.constants()
	constant := func(s string) bool { return constants[s] }
	if slices.ContainsFunc(v.messages, func(s string) bool { return !constant(s) }) ||
		slices.ContainsFunc(v.attributes, func(s string) bool { return !constant(s) }) {
		var masked verdict
		if input, err := w.convert.term(w.maskedDocument(r, related)); err == nil {
			if masked, err = again(input); err != nil {
				masked = verdict{}
			}
		}
		v.messages = settle(v.messages, masked.messages, x, constant)
		v.attributes = settle(v.attributes, masked.attributes, x, constant)
		if len(v.messages) == 0 {
			v.messages = []string{p.Title}
		}
		v.sort()
		return v
	}
	v.messages, v.attributes = x.cleanAll(v.messages), x.cleanAll(v.attributes)
	return v
}

// settle chooses what may be shown of what a policy said: constants, and what
// it says of the masked resource too. Where something is left out, what is said
// of the masked resource alone takes its place if it shows that a value is
// missing; other such sentences need not be true of this resource.
func settle(said, masked []string, x redactor, constant func(string) bool) []string {
	masked = x.cleanAll(masked)
	out, lost := []string{}, false
	for _, s := range said {
		c := x.clean(s)
		if constant(s) || slices.Contains(masked, c) {
			out = append(out, c)
		} else {
			lost = true
		}
	}
	for _, m := range masked {
		if lost && !constant(m) && !slices.Contains(out, m) && strings.Contains(strings.ToLower(m), finding.Redacted) {
			out = append(out, m)
		}
	}
	return out
}

// secretive reports whether anything of the resources is sensitive.
func secretive(r *resource.Resource, related []*resource.Resource) bool {
	return resource.AnyMark(r.Sensitive) ||
		slices.ContainsFunc(related, func(o *resource.Resource) bool { return resource.AnyMark(o.Sensitive) })
}

// errHidden stands for an error whose text depends on a sensitive value.
var errHidden = errors.New("the policy fails on a sensitive value, which is not shown")

// discreetError returns the error of an evaluation, or what the policy says of
// the masked resource when its text depends on sensitive values.
func (w *worker) discreetError(r *resource.Resource, related []*resource.Resource, err error, again asker) error {
	var late timeoutError
	if !secretive(r, related) || errors.As(err, &late) || errors.As(err, &memoryError{}) {
		return err
	}
	input, convertErr := w.convert.term(w.maskedDocument(r, related))
	if convertErr != nil {
		return errHidden
	}
	if _, err = again(input); err == nil {
		return errHidden
	}
	return err
}

// timeoutError says that a policy took too long.
type timeoutError struct{ limit time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("the policy took longer than %s", e.limit) }

// maskedDocument is [document] without sensitive values.
func (w *worker) maskedDocument(r *resource.Resource, related []*resource.Resource) map[string]any {
	constants := w.constants()
	others := make([]*resource.Resource, len(related))
	for i, o := range related {
		others[i] = masked(o, constants)
	}
	return document(masked(r, constants), others)
}

// masked returns the resource without sensitive values.
func masked(r *resource.Resource, constants map[string]bool) *resource.Resource {
	if !resource.AnyMark(r.Sensitive) {
		return r
	}
	c := *r
	c.Values, _ = mask(r.Sensitive, r.Values, constants).(map[string]any)
	if r.Before != nil {
		c.Before, _ = mask(r.Sensitive, r.Before, constants).(map[string]any)
	}
	return &c
}

// mask returns a copy of v with something else for what the tree marks.
func mask(tree, v any, constants map[string]bool) any {
	switch t := tree.(type) {
	case bool:
		if t {
			return replace(v, constants)
		}
	case map[string]any:
		if m, ok := v.(map[string]any); ok {
			out := make(map[string]any, len(m))
			for k, e := range m {
				out[k] = mask(t[k], e, constants)
			}
			return out
		}
	case []any:
		if l, ok := v.([]any); ok {
			out := slices.Clone(l)
			for i := range min(len(l), len(t)) {
				out[i] = mask(t[i], l[i], constants)
			}
			return out
		}
	}
	return v
}

// replace returns a value of the same kind that holds nothing of v but the
// lengths of lists and the names that policies know anyway.
func replace(v any, constants map[string]bool) any {
	switch v := v.(type) {
	case string:
		return finding.Redacted
	case bool:
		return false
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if !constants[k] {
				k, e = finding.Redacted, finding.Redacted
			}
			out[k] = replace(e, constants)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = replace(e, constants)
		}
		return out
	case nil:
		return nil
	}
	return json.Number("0")
}

// subject returns the identity of r without what is sensitive of it.
func subject(r *resource.Resource) finding.Subject {
	s := finding.SubjectOf(r)
	if resource.Marked(r.Sensitive, resource.Path{"id"}) {
		s.ID = nil
	}
	if resource.Marked(r.Sensitive, resource.Path{"arn"}) {
		s.ARN = nil
	}
	return s
}

// stringsIn returns the strings that stand in the modules.
func stringsIn(mods map[string]*ast.Module) map[string]bool {
	set := map[string]bool{}
	for _, m := range mods {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if s, ok := t.Value.(ast.String); ok {
				set[string(s)] = true
			}
			return false
		})
	}
	return set
}

// secretKey returns how much of the path of a sensitive value may be shown: it
// is cut before the first key of a sensitive map that no policy names.
func secretKey(tree any, path resource.Path, constants map[string]bool) resource.Path {
	for i, step := range path {
		if b, ok := tree.(bool); ok {
			if !b {
				return path
			}
			if k, ok := step.(string); ok && !constants[k] {
				return path[:i]
			}
			continue
		}
		tree, _ = resource.Lookup(tree, resource.Path{step})
	}
	return path
}

// evaluateAgain asks as [evaluator.evaluate] does.
func (w *worker) evaluateAgain(ctx context.Context, p *policy) asker {
	return func(input *ast.Term) (verdict, error) { return w.evaluate(ctx, p, input) }
}
