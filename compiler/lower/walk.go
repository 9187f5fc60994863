package lower

import (
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Parts of the input that are not attributes of the resource.
const (
	valuesRoot  = "resource.values"
	typePath    = "resource.type"
	relatedRoot = "related"
)

// alwaysThere are the parts of the input that every resource has.
var alwaysThere = map[string]bool{
	"": true, "resource": true, "related": true, valuesRoot: true, typePath: true,
	"resource.address": true, "resource.name": true, "resource.origin": true, "resource.actions": true,
}

// presence is the condition under which a part of the input is there.
func presence(path string, at diag.Place) *formula {
	return attribute{path: path}.there(at)
}

// ref returns the values that a reference can have.
func (ev *evaluator) ref(ref ast.Ref, e env, at diag.Place) []outcome {
	head, ok := ref[0].Value.(ast.Var)
	if !ok {
		return refused(e, "a reference into an expression", at)
	}
	switch {
	case head.Equal(ast.InputRootDocument.Value):
		return ev.finish(ev.walk(outcome{e, yes, attribute{}}, ref[1:], at), at)
	case head.Equal(ast.DefaultRootDocument.Value):
		return ev.finish(ev.dataRef(ref, e, at), at)
	}
	base, ok := e[head]
	if !ok {
		return refused(e, "a variable that nothing binds", at)
	}
	return ev.finish(ev.walk(outcome{e, yes, base}, ref[1:], at), at)
}

// finish adds the presence of attributes and puts in what is known.
func (ev *evaluator) finish(outs []outcome, at diag.Place) []outcome {
	for i, o := range outs {
		a, ok := o.value.(attribute)
		if !ok {
			continue
		}
		if a.path == typePath {
			outs[i].value = constant{ast.String(ev.typ)}
			continue
		}
		if a.path == relatedRoot || strings.HasPrefix(a.path, relatedRoot+".") {
			outs[i].value = opaque{reason: "depends on other resources, which a request about this one does not carry", at: at}
			outs[i].guard = all(o.guard, unsupportedAtom("depends on other resources, which a request about this one does not carry", at))
			continue
		}
		a.plural = ev.plural(a.path)
		outs[i].value = a
		outs[i].guard = all(o.guard, a.there(at))
	}
	return outs
}

// dataRef resolves a reference to a rule or to base data.
func (ev *evaluator) dataRef(ref ast.Ref, e env, at diag.Place) []outcome {
	if rules, n := ev.res.lookup(ref); rules != nil {
		name := ref[1:n].String()
		isDeny := name == ev.res.deny || name == "partial."+ev.res.deny
		return ev.ruleRef(rules, ref[n:], isDeny, e, at)
	}
	var v any = ev.res.data
	n := 1
	for ; n < len(ref); n++ {
		key, ok := ref[n].Value.(ast.String)
		m, isMap := v.(map[string]any)
		if !ok || !isMap {
			break
		}
		if v, ok = m[string(key)]; !ok {
			return nil
		}
	}
	val, err := ast.InterfaceToValue(v)
	if err != nil {
		return refused(e, "base data that is not JSON", at)
	}
	return ev.walk(outcome{e, yes, constant{val}}, ref[n:], at)
}

// ruleRef evaluates a rule and follows the rest of a reference into its value.
// Of the policy's deny rule it matters only when it holds, not what it says.
func (ev *evaluator) ruleRef(rules []*ast.Rule, rest ast.Ref, isDeny bool, e env, at diag.Place) []outcome {
	head := rules[0].Head
	if head.RuleKind() == ast.MultiValue {
		set := collection{set: true}
		for _, r := range rules {
			if isDeny {
				set.add(member{ev.holds(ev.conditions(r), env{}), constant{ast.String("finding")}})
				continue
			}
			for _, o := range ev.body(r.Body, env{}, yes) {
				for _, k := range ev.term(r.Head.Key, o.env, at) {
					set.add(member{all(o.guard, k.guard), settled(k.value, nil, at)})
				}
			}
		}
		return ev.walk(outcome{e, yes, set}, rest, at)
	}
	var out []outcome
	if dynamic := len(head.Ref()) > len(head.Ref().GroundPrefix()); dynamic {
		return refused(e, "a rule that makes an object of the input", at)
	}
	for _, m := range ev.rules(rules, nil, at) {
		out = append(out, ev.walk(outcome{e, m.guard, m.value}, rest, at)...)
	}
	return out
}

// rules returns the values of a complete rule or function for the arguments.
func (ev *evaluator) rules(rules []*ast.Rule, args []value, at diag.Place) []member {
	var out []member
	var fallback *ast.Rule
	bound := map[int]bool{}
	for _, a := range args {
		itemsOf(a, bound)
	}
	for _, rule := range rules {
		if rule.Default {
			fallback = rule
			continue
		}
		before := no
		for r := rule; r != nil; r = r.Else {
			var here []*formula
			for _, o := range ev.enter(r, args, at) {
				here = append(here, o.guard)
				out = append(out, member{all(negate(before), o.guard), o.value})
			}
			before = ev.closed(any1(append(here, before)...), bound)
		}
	}
	if fallback != nil {
		guards := make([]*formula, len(out))
		for i, m := range out {
			guards[i] = m.guard
		}
		out = append(out, member{negate(ev.closed(any1(guards...), bound)), constant{fallback.Head.Value.Value}})
	}
	return out
}

// enter evaluates one rule body with its parameters bound.
func (ev *evaluator) enter(r *ast.Rule, args []value, at diag.Place) []outcome {
	e, guard := env{}, yes
	for i, p := range r.Head.Args {
		if i >= len(args) {
			return refused(e, "a function with too few arguments", at)
		}
		if v, ok := p.Value.(ast.Var); ok {
			e = e.with(v, args[i])
			continue
		}
		if !ast.IsConstant(p.Value) {
			return refused(e, "a function whose parameter is a pattern", at)
		}
		guard = all(guard, equality(args[i], constant{p.Value}, at))
	}
	var out []outcome
	for _, o := range ev.body(r.Body, e, guard) {
		if r.Head.Value == nil {
			o.value = constant{ast.Boolean(true)}
			out = append(out, o)
			continue
		}
		for _, h := range ev.term(r.Head.Value, o.env, at) {
			out = append(out, outcome{h.env, all(o.guard, h.guard), h.value})
		}
	}
	return out
}

// walk follows reference operands into a value.
func (ev *evaluator) walk(from outcome, operands []*ast.Term, at diag.Place) []outcome {
	states := []outcome{from}
	for _, op := range operands {
		var next []outcome
		for _, s := range states {
			if ev.steps++; ev.steps > maxSteps {
				return nil
			}
			next = append(next, ev.step(s, op, at)...)
		}
		states = next
	}
	return states
}

// enterList enters an unknown collection at a member that is bound to a name.
func (ev *evaluator) enterList(c attribute) (element, attribute) {
	if !ev.plural(c.path) {
		return element{of: c.path}, attribute{path: c.path + "[]", many: c.many, item: c.item}
	}
	ev.items++
	return element{of: c.path, many: true, item: ev.items}, attribute{path: c.path + "[]", many: true, item: ev.items}
}

// step follows one operand.
func (ev *evaluator) step(s outcome, op *ast.Term, at diag.Place) []outcome {
	if v, ok := op.Value.(ast.Var); ok {
		if _, bound := s.env[v]; !bound {
			return ev.iterate(s, v, at)
		}
	}
	var out []outcome
	for _, k := range ev.term(op, s.env, at) {
		for _, m := range ev.index(s.value, k.value, at) {
			out = append(out, outcome{k.env, all(s.guard, k.guard, m.guard), m.value})
		}
	}
	return out
}

// iterate enters a collection at every member, binding the variable to the key.
func (ev *evaluator) iterate(s outcome, v ast.Var, at diag.Place) []outcome {
	enter := func(k, val value, guard *formula) outcome {
		return outcome{s.env.with(v, k), all(s.guard, guard), val}
	}
	var out []outcome
	switch c := s.value.(type) {
	case attribute:
		k, v := ev.enterList(c)
		return []outcome{enter(k, v, yes)}
	case constant:
		for _, m := range constantMembers(c.v) {
			out = append(out, enter(m.key, m.value, yes))
		}
	case collection:
		for i, m := range c.members {
			var key value = constant{ast.IntNumberTerm(i).Value}
			if c.set {
				key = m.value
			}
			out = append(out, enter(key, m.value, m.guard))
		}
	case composite:
		for i, val := range c.values {
			var key value = constant{ast.IntNumberTerm(i).Value}
			if c.keys != nil {
				key = c.keys[i]
			}
			out = append(out, enter(key, val, yes))
		}
	case keySet:
		return []outcome{enter(element{of: c.of}, element{of: c.of}, presence(c.of+"[]", at))}
	case opaque:
		return []outcome{enter(c, c, yes)}
	}
	return out
}

// index looks a key up in a value.
func (ev *evaluator) index(c, key value, at diag.Place) []member {
	if o, ok := key.(opaque); ok {
		return []member{{yes, o}}
	}
	switch c := c.(type) {
	case attribute:
		if c.fold != asIs {
			return []member{{yes, opaque{reason: "a part of a changed string", at: at}}}
		}
		switch k := key.(type) {
		case constant:
			switch kv := k.v.(type) {
			case ast.String:
				return []member{{yes, attribute{path: strings.TrimPrefix(c.path+memberStep(string(kv)), "."), many: c.many, item: c.item}}}
			case ast.Number:
				if ev.plural(c.path) {
					return []member{{yes, opaque{reason: "asks for one position of a list; a request carries the values without their order", at: at}}}
				}
				return []member{{yes, attribute{path: c.path + "[]", many: c.many, item: c.item}}}
			}
			return nil
		case element:
			if k.of == c.path {
				return []member{{yes, attribute{path: c.path + "[]", many: k.many, item: k.item}}}
			}
		}
		return []member{{yes, opaque{reason: "looks an attribute up by another attribute", at: at}}}
	case constant:
		return indexConstant(c.v, key, at)
	case collection:
		if !c.set {
			return []member{{yes, opaque{reason: "the position in a list made of the input", at: at}}}
		}
		return []member{{contains(c, key, at), key}}
	case keySet:
		return []member{{contains(c, key, at), key}}
	case composite:
		var out []member
		for i, v := range c.values {
			var k value = constant{ast.IntNumberTerm(i).Value}
			if c.keys != nil {
				k = c.keys[i]
			}
			if g := equality(k, key, at); !g.isFalse() {
				out = append(out, member{g, v})
			}
		}
		return out
	case opaque:
		return []member{{yes, c}}
	}
	return []member{{yes, opaque{reason: "a part of what no request tells", at: at}}}
}

// indexConstant looks a key, known or not, up in a known collection.
func indexConstant(c ast.Value, key value, at diag.Place) []member {
	var out []member
	for _, m := range constantMembers(c) {
		if g := equality(m.key, key, at); !g.isFalse() {
			out = append(out, member{g, m.value})
		}
	}
	return out
}

type keyed struct{ key, value value }

// constantMembers lists a known collection in OPA's order.
func constantMembers(v ast.Value) []keyed {
	var out []keyed
	switch v := v.(type) {
	case *ast.Array:
		for i := range v.Len() {
			out = append(out, keyed{constant{ast.IntNumberTerm(i).Value}, constant{v.Elem(i).Value}})
		}
	case ast.Set:
		v.Foreach(func(t *ast.Term) { out = append(out, keyed{constant{t.Value}, constant{t.Value}}) })
	case ast.Object:
		v.Foreach(func(k, t *ast.Term) { out = append(out, keyed{constant{k.Value}, constant{t.Value}}) })
	}
	return out
}

// memberStep writes a member name as a path step.
func memberStep(name string) string {
	if name == "" || strings.ContainsAny(name, `.[]"`) {
		return "[" + strconv.Quote(name) + "]"
	}
	return "." + name
}
