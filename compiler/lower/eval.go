package lower

import (
	"errors"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// env holds what variables stand for. It is never changed once shared.
type env map[ast.Var]value

func (e env) with(v ast.Var, val value) env {
	out := maps.Clone(e)
	if out == nil {
		out = env{}
	}
	out[v] = val
	return out
}

// outcome is one way in which an expression holds or a term has a value: under
// guard, with the variables of env.
type outcome struct {
	env   env
	guard *formula
	value value
}

// evaluator evaluates a residual symbolically for one resource type.
type evaluator struct {
	res    *residual
	typ    string
	plural func(path string) bool // whether a list may have several elements
	steps  int
	items  int // elements that were bound so far
}

// maxSteps bounds the work on one policy and type.
const maxSteps = 500_000

var errTooLarge = errors.New("the policy has too many cases to follow")

// query returns the condition under which a residual query holds.
func (ev *evaluator) query(b ast.Body) (*formula, error) {
	var parts []*formula
	for _, o := range ev.body(b, env{}, yes) {
		parts = append(parts, o.guard)
	}
	if ev.steps > maxSteps {
		return nil, errTooLarge
	}
	return any1(parts...), nil
}

// body returns the ways in which all expressions hold, one after the other.
func (ev *evaluator) body(b ast.Body, e env, guard *formula) []outcome {
	states := []outcome{{env: e, guard: guard}}
	for _, x := range b {
		var next []outcome
		for _, s := range states {
			if ev.steps++; ev.steps > maxSteps {
				return nil
			}
			for _, o := range ev.expr(x, s.env) {
				if g := all(s.guard, o.guard); !g.isFalse() {
					next = append(next, outcome{env: o.env, guard: g})
				}
			}
		}
		states = next
	}
	return states
}

// holds is the condition under which a body has any solution.
func (ev *evaluator) holds(b ast.Body, e env) *formula {
	var parts []*formula
	for _, o := range ev.body(b, e, yes) {
		parts = append(parts, o.guard)
	}
	return any1(parts...)
}

func (ev *evaluator) expr(x *ast.Expr, e env) []outcome {
	at := ev.res.place(x.Location)
	if len(x.With) > 0 {
		return refused(e, "`with` replaces a part of the input, which no request can do", at)
	}
	if x.Negated {
		plain := *x
		plain.Negated = false
		var parts []*formula
		for _, o := range ev.expr(&plain, e) {
			parts = append(parts, o.guard)
		}
		return []outcome{{env: e, guard: negate(ev.closed(any1(parts...), alive(e)))}}
	}
	switch t := x.Terms.(type) {
	case *ast.SomeDecl:
		return []outcome{{env: e, guard: yes}}
	case *ast.Every:
		return ev.every(t, e, at)
	case *ast.Not:
		return []outcome{{env: e, guard: negate(ev.closed(ev.holds(t.Body, e), alive(e)))}}
	case *ast.LogicalOr:
		return []outcome{{env: e, guard: any1(ev.holds(t.Lhs, e), ev.holds(t.Rhs, e))}}
	case *ast.LogicalAnd:
		return []outcome{{env: e, guard: all(ev.holds(t.Lhs, e), ev.holds(t.Rhs, e))}}
	case *ast.Term:
		var out []outcome
		for _, o := range ev.term(t, e, at) {
			out = append(out, outcome{env: o.env, guard: all(o.guard, truthy(o.value, at))})
		}
		return out
	case []*ast.Term:
		return ev.callExpr(t, e, at)
	}
	return refused(e, "this form of expression has no counterpart in a request", at)
}

// refused is an outcome that depends on what no request tells.
func refused(e env, reason string, at diag.Place) []outcome {
	return []outcome{{env: e, guard: unsupportedAtom(reason, at), value: opaque{reason: reason, at: at}}}
}

func unsupportedAtom(reason string, at diag.Place) *formula {
	return atomOf(atom{test: unsupported, reason: reason, at: at})
}

// truthy is the condition under which a defined value makes an expression hold.
func truthy(v value, at diag.Place) *formula {
	switch v := v.(type) {
	case constant:
		return truth(v.v.Compare(ast.Boolean(false)) != 0)
	case attribute:
		return negate(v.ask(equal, []scalar{{isBool, "false"}}, at))
	case opaque:
		if !v.never {
			return unsupportedAtom(v.reason, v.at)
		}
	}
	return yes
}

// every holds when the body holds for all members of the domain.
func (ev *evaluator) every(x *ast.Every, e env, at diag.Place) []outcome {
	var out []outcome
	for _, d := range ev.term(x.Domain, e, at) {
		inner := d.env
		var parts []*formula
		bind := func(k, v value, guard *formula) {
			en := inner
			if kv, ok := keyVar(x.Key); ok {
				en = en.with(kv, k)
			}
			if vv, ok := keyVar(x.Value); ok {
				en = en.with(vv, v)
			}
			parts = append(parts, any1(negate(guard), ev.holds(x.Body, en)))
		}
		switch dom := d.value.(type) {
		case constant:
			for _, m := range constantMembers(dom.v) {
				bind(m.key, m.value, yes)
			}
		case attribute:
			k, v := ev.enterList(dom)
			there := v.there(at)
			if !v.many {
				bind(k, v, there)
				break
			}
			en := inner
			if kv, ok := keyVar(x.Key); ok {
				en = en.with(kv, k)
			}
			if vv, ok := keyVar(x.Value); ok {
				en = en.with(vv, v)
			}
			// All hold when none fails.
			fails := all(there, negate(ev.closed(ev.holds(x.Body, en), alive(en))))
			parts = append(parts, negate(ev.closed(fails, alive(inner))))
		case collection:
			for _, m := range dom.members {
				bind(m.value, m.value, m.guard)
			}
		default:
			parts = append(parts, unsupportedAtom("`every` over what no request tells", at))
		}
		out = append(out, outcome{env: d.env, guard: all(append(parts, d.guard)...)})
	}
	return out
}

func keyVar(t *ast.Term) (ast.Var, bool) {
	if t == nil {
		return "", false
	}
	v, ok := t.Value.(ast.Var)
	return v, ok
}

// term returns the values that a term can have.
func (ev *evaluator) term(t *ast.Term, e env, at diag.Place) []outcome {
	switch v := t.Value.(type) {
	case ast.Var:
		if val, ok := e[v]; ok {
			return []outcome{{env: e, guard: yes, value: val}}
		}
		return []outcome{{env: e, guard: yes, value: opaque{reason: "a variable that nothing binds", at: at}}}
	case ast.Ref:
		return ev.ref(v, e, at)
	case *ast.SetComprehension:
		return []outcome{{env: e, guard: yes, value: ev.comprehension(v.Term, v.Body, true, e, at)}}
	case *ast.ArrayComprehension:
		return []outcome{{env: e, guard: yes, value: ev.comprehension(v.Term, v.Body, false, e, at)}}
	case *ast.ObjectComprehension:
		return []outcome{{env: e, guard: yes, value: opaque{reason: "an object made of what the request is made of", at: at}}}
	case ast.Call:
		return ev.callTerm(v, e, at)
	}
	if ast.IsConstant(t.Value) {
		return []outcome{{env: e, guard: yes, value: constant{t.Value}}}
	}
	return ev.literalTerm(t, e, at)
}

// literalTerm evaluates an array, set or object with unknown parts.
func (ev *evaluator) literalTerm(t *ast.Term, e env, at diag.Place) []outcome {
	var keys, vals []*ast.Term
	isSet := false
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(func(x *ast.Term) { vals = append(vals, x) })
	case ast.Set:
		isSet = true
		v.Foreach(func(x *ast.Term) { vals = append(vals, x) })
	case ast.Object:
		v.Foreach(func(k, x *ast.Term) { keys, vals = append(keys, k), append(vals, x) })
	default:
		return []outcome{{env: e, guard: yes, value: opaque{reason: "a term of an unknown kind", at: at}}}
	}
	states := []outcome{{env: e, guard: yes, value: composite{}}}
	for i, x := range vals {
		var next []outcome
		for _, s := range states {
			c := s.value.(composite) //nolint:errcheck,forcetypeassert // every state was made with a composite
			for _, o := range ev.term(x, s.env, at) {
				n := composite{keys: c.keys, values: append(slices.Clip(c.values), o.value)}
				if keys != nil {
					n.keys = append(slices.Clip(c.keys), constant{keys[i].Value})
				}
				next = append(next, outcome{env: o.env, guard: all(s.guard, o.guard), value: n})
			}
		}
		states = next
	}
	if !isSet {
		return states
	}
	for i, s := range states {
		c := s.value.(composite) //nolint:errcheck,forcetypeassert // as above
		set := collection{set: true}
		for _, v := range c.values {
			set.members = append(set.members, member{yes, v})
		}
		states[i].value = set
	}
	return states
}

// comprehension evaluates a set or array comprehension.
func (ev *evaluator) comprehension(head *ast.Term, b ast.Body, set bool, e env, at diag.Place) value {
	out := collection{set: set}
	for _, o := range ev.body(b, e, yes) {
		for _, h := range ev.term(head, o.env, at) {
			m := member{guard: ev.closed(all(o.guard, h.guard), alive(e)), value: settled(h.value, alive(e), at)}
			if el, ok := m.value.(element); ok && set && !el.many && onlyThere(m.guard, el.of+"[]") {
				return keySet{el.of}
			}
			out.add(m)
		}
	}
	return out
}

// add puts a member in; in a set, equal constants share one place.
func (c *collection) add(m member) {
	if k, ok := m.value.(constant); ok && c.set {
		for i, o := range c.members {
			if oc, ok := o.value.(constant); ok && oc.v.Compare(k.v) == 0 {
				c.members[i].guard = any1(o.guard, m.guard)
				return
			}
		}
	}
	c.members = append(c.members, m)
}
