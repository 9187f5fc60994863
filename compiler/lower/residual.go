package lower

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Policy is what lowering needs of one policy.
type Policy struct {
	ID       string
	Package  ast.Ref // data.parapet.aws.ec2.imdsv2
	Types    []string
	File     string
	Line     int // of the first deny rule
	Compiler *ast.Compiler
	Store    storage.Store
}

// residual is a partially evaluated deny rule and the rules that it refers to.
type residual struct {
	queries []ast.Body
	rules   map[string][]*ast.Rule // path of a rule, "data.partial.p.deny" → its definitions
	data    map[string]any         // known base data
	policy  Policy

	deny     string   // the deny rule's path below data
	messages []string // attributes that only messages read
}

// partial evaluates the deny rule of p with the whole input unknown.
func partial(ctx context.Context, p Policy) (*residual, error) {
	query := ast.NewBody(ast.NewExpr(ast.NewTerm(p.Package.Append(ast.StringTerm("deny")).Append(ast.VarTerm("finding")))))
	pq, err := rego.New(
		rego.ParsedQuery(query),
		rego.Compiler(p.Compiler),
		rego.Store(p.Store),
		rego.Unknowns([]string{"input"}),
		rego.ShallowInlining(true),
	).Partial(ctx)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s partially: %w", p.ID, err)
	}
	r := &residual{queries: pq.Queries, rules: map[string][]*ast.Rule{}, policy: p, deny: p.Package[1:].Append(ast.StringTerm("deny")).String()}
	for _, m := range pq.Support {
		for _, rule := range m.Rules {
			path := m.Package.Path.Extend(rule.Head.Ref().GroundPrefix()).String()
			r.rules[path] = append(r.rules[path], rule)
		}
	}
	if err := storage.Txn(ctx, p.Store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		v, err := p.Store.Read(ctx, txn, storage.Path{})
		if err != nil {
			return err
		}
		r.data, err = plainObject(v)
		return err
	}); err != nil {
		return nil, fmt.Errorf("read the data of %s: %w", p.ID, err)
	}
	return r, nil
}

// Residual writes what is left of a policy's deny rule when nothing of the
// input is known: the queries, then the rules that they refer to.
func Residual(ctx context.Context, p Policy) (string, error) {
	r, err := partial(ctx, p)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, q := range r.queries {
		fmt.Fprintf(&b, "%s\n", q)
	}
	for _, path := range slices.Sorted(maps.Keys(r.rules)) {
		for _, rule := range r.rules[path] {
			fmt.Fprintf(&b, "%s: %s\n", path, rule)
		}
	}
	return b.String(), nil
}

// plainObject gives the store's root as plain JSON, whatever the store keeps.
func plainObject(v any) (map[string]any, error) {
	if t, ok := v.(ast.Value); ok {
		j, err := ast.JSON(t)
		if err != nil {
			return nil, err
		}
		v = j
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("base data is a %T, not an object", v)
	}
	return m, nil
}

// lookup returns the definitions of the rule that a ref names, and how many
// terms of the ref name it. Residual rules come first: partial evaluation has
// folded known data into them. Others are needed inside comprehensions, which
// partial evaluation does not enter.
func (r *residual) lookup(ref ast.Ref) (rules []*ast.Rule, length int) {
	for n := min(len(ref), len(ref.GroundPrefix())); n >= 2; n-- {
		if rules := r.rules[ref[:n].String()]; rules != nil {
			return rules, n
		}
	}
	for n := len(ref.GroundPrefix()); n >= 2; n-- {
		if rules := r.policy.Compiler.GetRulesExact(ref[:n]); len(rules) > 0 {
			return rules, n
		}
	}
	return nil, 0
}

// orDeny is a place, or that of the deny rule where it is not known.
func (r *residual) orDeny(p diag.Place) diag.Place {
	if p.Line > 0 {
		return p
	}
	return r.place()
}

// place turns an OPA location into a place, falling back to the deny rule.
func (r *residual) place(locs ...*ast.Location) diag.Place {
	for _, l := range locs {
		if l != nil && l.Row > 0 && l.File != "" {
			return diag.Place{File: l.File, Line: l.Row, Column: l.Col}
		}
	}
	return diag.Place{File: r.policy.File, Line: r.policy.Line}
}
