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
	types []*ast.Term
}

func (c *changes) body(b ast.Body) {
	names := map[ast.Var]ast.Ref{}
	modes := map[string]string{} // by base
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
			ref := expandTerm(names, side[0])
			if types := constantsOf(e, ref, "type", side[1]); len(types) > 0 {
				tests = append(tests, tested{ref[:len(ref)-1], types})
			}
			if mode := constantsOf(e, ref, "mode", side[1]); len(mode) == 1 {
				text, _ := mode[0].Value.(ast.String)
				modes[ref[:len(ref)-1].String()] = string(text)
			}
		}
	}
	if len(tests) == 0 {
		return
	}
	of := make([]about, len(tests))
	for i, t := range tests {
		of[i] = c.about(t, modes[t.base.String()])
	}
	ast.WalkRefs(b, func(ref ast.Ref) bool {
		full := expand(names, ref)
		for i, t := range tests {
			if len(full) > len(t.base) && full.HasPrefix(t.base) {
				c.read(t, of[i], full, len(full)-len(ref))
			}
		}
		return false
	})
}

// about is what something may be, after what is said of its type.
type about struct {
	types []schema.Type
	names []string // of types
	any   bool     // or something else, of which nothing is known
}

// about looks up the types that something is tested for: resources, or data
// sources, or either, after its mode. Names that the provider does not have are
// reported.
func (c *changes) about(t tested, mode string) about {
	var a about
	for _, term := range t.types {
		text, _ := term.Value.(ast.String)
		name := string(text)
		if !c.provider.Knows(name) || engine.Unchecked(c.unchecked, name, "") {
			a.any = true
			continue
		}
		resource, isResource := c.provider.Lookup(name)
		data, isData := c.provider.Data(name)
		if isResource = isResource && mode != "data"; isResource {
			a.types, a.names = append(a.types, resource), append(a.names, name)
		}
		if isData = isData && mode != "managed"; isData {
			a.types, a.names = append(a.types, data), append(a.names, name)
		}
		if !isResource && !isData {
			a.any = true
			c.found = append(c.found, engine.UnknownType(c.provider, name).At(engine.PlaceOf(term.Location)))
		}
	}
	a.names = slices.Compact(a.names)
	return a
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

// constantsOf returns the constants that an expression compares a member of
// something with: `rc.type == "aws_instance"`, `rc.type in {…}`.
func constantsOf(e *ast.Expr, ref ast.Ref, member string, with *ast.Term) []*ast.Term {
	op := e.Operator().String()
	if len(ref) < 2 || !ref[len(ref)-1].Equal(ast.StringTerm(member)) ||
		op != "equal" && op != "eq" && op != "internal.member_2" {
		return nil
	}
	var list []*ast.Term
	add := func(t *ast.Term) { list = append(list, t) }
	switch v := with.Value.(type) {
	case ast.String:
		add(with)
	case *ast.Array:
		v.Foreach(add)
	case ast.Set:
		v.Foreach(add)
	}
	return list
}

// read judges a reference below something of the tested types. The first terms
// come from a name.
func (c *changes) read(t tested, a about, ref ast.Ref, named int) {
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
	for _, typ := range a.types {
		if engine.Unchecked(c.unchecked, typ.Name, path.String()) {
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
	if a.any || first == nil {
		return
	}
	at := len(t.base) + skip + len(first.Path) - 1
	if at < named {
		return // said where it got the name
	}
	place := engine.PlaceOf(ref[at].Location)
	if place.File == "" {
		place = engine.PlaceOf(ref[0].Location)
	}
	c.found = append(c.found, engine.SchemaProblem(c.provider, a.names, first).At(place))
}
