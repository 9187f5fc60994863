package document

import (
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/schema"
)

// CheckSchema holds what the policies read to the format of plans, and what they
// read of resources whose type they test to the provider's schema. What is never
// in a plan is merely missing to Rego, and the policy would pass everything. A
// place with a name that comes near is an error; another is a warning, since
// policies may be about other documents than plans too.
func (p *Program) CheckSchema(provider *schema.Provider) diag.Diagnostics {
	var ds diag.Diagnostics
	said := map[string]bool{}
	for _, r := range p.Reads() {
		err := schema.CheckPlan(r.Path)
		if err == nil || said[err.Path.String()] {
			continue
		}
		said[err.Path.String()] = true
		d := diag.Warningf("policy-undefined", "%s", err.Problem).At(r.Place)
		if err.Suggest != "" {
			d = diag.Errorf("policy-undefined", "%s", err.Problem).At(r.Place).WithHint("did you mean input.%s?", err.Suggest)
		}
		ds = append(ds, d)
	}
	for _, name := range slices.Sorted(maps.Keys(p.parsed)) {
		m := p.parsed[name]
		c := &changes{provider: provider, unchecked: uncheckedOf(m)}
		ast.WalkBodies(m, func(b ast.Body) bool { c.body(b); return false })
		ds = append(ds, c.found...)
	}
	ds.Sort()
	return slices.CompactFunc(ds, func(a, b diag.Diagnostic) bool { return a.Summary == b.Summary && a.Subject == b.Subject })
}

// uncheckedOf returns what the annotations of a module take out of the check.
func uncheckedOf(m *ast.Module) []string {
	var out []string
	for _, a := range m.Annotations {
		list, _ := a.Custom["unchecked"].([]any)
		for _, e := range list {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// changes holds bodies that test the type of something to the schema of that
// type: `rc.type == "aws_instance"` beside `rc.change.after.ami`.
type changes struct {
	provider  *schema.Provider
	unchecked []string
	found     diag.Diagnostics
}

// tested is what a body says of the type of something.
type tested struct {
	base  ast.Ref
	types []string
}

func (c *changes) body(b ast.Body) {
	names := map[ast.Var]ast.Ref{}
	var tests []tested
	for _, e := range b {
		if e.Negated || len(e.With) > 0 || !e.IsCall() || len(e.Operands()) != 2 {
			continue
		}
		left, right := e.Operand(0), e.Operand(1)
		if ref, ok := right.Value.(ast.Ref); ok && e.IsAssignment() {
			if v, ok := left.Value.(ast.Var); ok {
				names[v] = expand(names, ref)
			}
		}
		for _, side := range [][2]*ast.Term{{left, right}, {right, left}} {
			if t, ok := c.test(e, expandTerm(names, side[0]), side[1]); ok {
				tests = append(tests, t)
			}
		}
	}
	if len(tests) == 0 {
		return
	}
	ast.WalkRefs(b, func(ref ast.Ref) bool {
		full := expand(names, ref)
		for _, t := range tests {
			if len(full) > len(t.base) && full.HasPrefix(t.base) {
				c.read(t, full, len(full)-len(ref))
			}
		}
		return false
	})
}

// expand replaces the name that a reference begins with by what it stands for.
func expand(names map[ast.Var]ast.Ref, ref ast.Ref) ast.Ref {
	if v, ok := ref[0].Value.(ast.Var); ok && names[v] != nil {
		return slices.Concat(names[v], ref[1:])
	}
	return ref
}

func expandTerm(names map[ast.Var]ast.Ref, t *ast.Term) ast.Ref {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return nil
	}
	return expand(names, ref)
}

// test reads an expression that compares the type of something with names of
// resource types, and refuses names that the provider does not have.
func (c *changes) test(e *ast.Expr, ref ast.Ref, with *ast.Term) (tested, bool) {
	op := e.Operator().String()
	if len(ref) < 2 || !ref[len(ref)-1].Equal(ast.StringTerm("type")) ||
		op != "equal" && op != "eq" && op != "internal.member_2" {
		return tested{}, false
	}
	t := tested{base: ref[:len(ref)-1]}
	add := func(term *ast.Term) {
		name, ok := term.Value.(ast.String)
		if !ok || !c.provider.Knows(string(name)) {
			t.types = append(t.types, "") // of another provider, or not known
			return
		}
		t.types = append(t.types, string(name))
		if _, there := c.provider.Lookup(string(name)); !there && !engine.Unchecked(c.unchecked, string(name), "") {
			c.found = append(c.found, engine.UnknownType(c.provider, string(name)).At(engine.PlaceOf(term.Location)))
		}
	}
	switch v := with.Value.(type) {
	case ast.String:
		add(with)
	case *ast.Array:
		v.Foreach(add)
	case ast.Set:
		v.Foreach(add)
	}
	return t, len(t.types) > 0
}

// read judges a reference below something of the tested types. The first terms
// come from a name.
func (c *changes) read(t tested, ref ast.Ref, named int) {
	rest := ref[len(t.base):]
	skip := 0
	switch {
	case len(rest) > 2 && rest[0].Equal(ast.StringTerm("change")) &&
		(rest[1].Equal(ast.StringTerm("after")) || rest[1].Equal(ast.StringTerm("before"))):
		skip = 2
	case len(rest) > 1 && rest[0].Equal(ast.StringTerm("values")):
		skip = 1
	default:
		return
	}
	path := make(schema.Path, 0, len(rest)-skip)
	for _, term := range rest[skip:] {
		switch v := term.Value.(type) {
		case ast.String:
			path = append(path, string(v))
		case ast.Number:
			i, _ := v.Int()
			path = append(path, i)
		default:
			path = append(path, schema.Any)
		}
	}
	var first *schema.Error
	for _, name := range t.types {
		typ, ok := c.provider.Lookup(name)
		if !ok || engine.Unchecked(c.unchecked, name, path.String()) {
			return
		}
		err, _ := typ.Check(path).(*schema.Error) //nolint:errorlint // as documented
		if err == nil {
			return
		}
		if first == nil || first.Suggest == "" {
			first = err
		}
	}
	at := len(t.base) + skip + len(first.Path) - 1
	if at < named {
		return // said where it got the name
	}
	place := engine.PlaceOf(ref[at].Location)
	if place.File == "" {
		place = engine.PlaceOf(ref[0].Location)
	}
	c.found = append(c.found, engine.SchemaProblem(c.provider, t.types, first).At(place))
}
