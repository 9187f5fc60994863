package lower

import (
	"net/netip"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/parapet-dev/parapet/internal/diag"
)

// predicate gives the condition under which a builtin that answers true or
// false answers true.
type predicate func(args []value, at diag.Place) *formula

// predicates lists the tests that have a counterpart in IAM.
var predicates = map[string]predicate{
	"equal":             func(a []value, at diag.Place) *formula { return equality(a[0], a[1], at) },
	"neq":               func(a []value, at diag.Place) *formula { return negate(equality(a[0], a[1], at)) },
	"lt":                func(a []value, at diag.Place) *formula { return order("lt", a[0], a[1], at) },
	"lte":               func(a []value, at diag.Place) *formula { return order("lte", a[0], a[1], at) },
	"gt":                func(a []value, at diag.Place) *formula { return order("gt", a[0], a[1], at) },
	"gte":               func(a []value, at diag.Place) *formula { return order("gte", a[0], a[1], at) },
	"internal.member_2": func(a []value, at diag.Place) *formula { return contains(a[1], a[0], at) },
	"startswith":        func(a []value, at diag.Place) *formula { return matches(a[0], a[1], "", "*", at) },
	"endswith":          func(a []value, at diag.Place) *formula { return matches(a[0], a[1], "*", "", at) },
	"contains":          func(a []value, at diag.Place) *formula { return matches(a[0], a[1], "*", "*", at) },
	"regex.match":       func(a []value, at diag.Place) *formula { return matchesRegex(a[1], a[0], at) },
	"glob.match":        matchesGlob,
	"net.cidr_contains": insideCIDR,
	"is_null":           func([]value, diag.Place) *formula { return no }, // nulls are dropped on loading
}

// impossible gives the reason why a builtin has no counterpart, where there is
// a better one than its name.
var impossible = map[string]string{
	"count":          "counts the members of an unknown collection; IAM has no operator for it",
	"json.unmarshal": "looks inside a JSON document; no condition key carries a part of a document",
	"yaml.unmarshal": "looks inside a YAML document; no condition key carries a part of a document",
	"base64.decode":  "decodes a value; IAM compares values as they are sent",
	"time.now_ns":    "reads the clock; the guardrail would freeze the time of its compilation",
	"walk":           "walks through the whole resource; a request carries only some of its attributes",
}

// deterministic builtins may be run on known values. Those that read a clock,
// the network or chance may not: their answer would be frozen.
func deterministic(name string) bool {
	b, ok := ast.BuiltinMap[name]
	return ok && !b.Nondeterministic
}

// callExpr evaluates an expression that is a call, an equation included.
func (ev *evaluator) callExpr(terms []*ast.Term, e env, at diag.Place) []outcome {
	op, ok := terms[0].Value.(ast.Ref)
	if !ok {
		return refused(e, "a call of what is not a function", at)
	}
	args := terms[1:]
	name := op.String()
	if (name == "eq" || name == "assign") && len(args) == 2 {
		return ev.unify(args[0], args[1], e, at)
	}
	var target *ast.Term
	if n, known := ev.arity(op); known && len(args) == n+1 {
		target, args = args[n], args[:n]
	}
	var out []outcome
	for _, in := range ev.args(args, e, at) {
		c := in.value.(composite) //nolint:errcheck,forcetypeassert // args always gives composites
		for _, m := range ev.apply(op, c.values, at) {
			guard := all(in.guard, m.guard)
			if target == nil {
				out = append(out, outcome{in.env, all(guard, truthy(m.value, at)), nil})
				continue
			}
			for _, o := range ev.bind(target, m.value, in.env, at) {
				out = append(out, outcome{o.env, all(guard, o.guard), nil})
			}
		}
	}
	return out
}

// callTerm evaluates a call inside a term.
func (ev *evaluator) callTerm(c ast.Call, e env, at diag.Place) []outcome {
	op, ok := c[0].Value.(ast.Ref)
	if !ok {
		return refused(e, "a call of what is not a function", at)
	}
	var out []outcome
	for _, in := range ev.args(c[1:], e, at) {
		args := in.value.(composite) //nolint:errcheck,forcetypeassert // args always gives composites
		for _, m := range ev.apply(op, args.values, at) {
			out = append(out, outcome{in.env, all(in.guard, m.guard), m.value})
		}
	}
	return out
}

// arity is the number of arguments that a function takes.
func (ev *evaluator) arity(op ast.Ref) (int, bool) {
	if b, ok := ast.BuiltinMap[op.String()]; ok {
		return len(b.Decl.FuncArgs().Args), true
	}
	if rules, _ := ev.res.lookup(op); len(rules) > 0 {
		return len(rules[0].Head.Args), true
	}
	return 0, false
}

// args evaluates the arguments of a call into one composite each.
func (ev *evaluator) args(terms []*ast.Term, e env, at diag.Place) []outcome {
	if len(terms) == 0 {
		return []outcome{{e, yes, composite{}}}
	}
	return ev.literalTerm(ast.NewTerm(ast.NewArray(terms...)), e, at)
}

// unify evaluates an equation, which binds a variable that nothing bound.
func (ev *evaluator) unify(a, b *ast.Term, e env, at diag.Place) []outcome {
	if unbound(a, e) {
		a, b = b, a
	}
	var out []outcome
	for _, o := range ev.term(a, e, at) {
		for _, u := range ev.bind(b, o.value, o.env, at) {
			out = append(out, outcome{u.env, all(o.guard, u.guard), nil})
		}
	}
	return out
}

func unbound(t *ast.Term, e env) bool {
	v, ok := t.Value.(ast.Var)
	if !ok {
		if arr, ok := t.Value.(*ast.Array); ok {
			some := false
			arr.Foreach(func(x *ast.Term) { some = some || unbound(x, e) })
			return some
		}
		return false
	}
	_, bound := e[v]
	return !bound
}

// bind matches a term, which may be or hold unbound variables, with a value.
func (ev *evaluator) bind(t *ast.Term, v value, e env, at diag.Place) []outcome {
	if unbound(t, e) {
		if name, ok := t.Value.(ast.Var); ok {
			return []outcome{{e.with(name, v), yes, nil}}
		}
		arr, ok := t.Value.(*ast.Array)
		if !ok {
			return refused(e, "takes a value apart in a way that is not followed", at)
		}
		states := []outcome{{e, yes, nil}}
		for i := range arr.Len() {
			var next []outcome
			for _, s := range states {
				for _, m := range ev.index(v, constant{ast.IntNumberTerm(i).Value}, at) {
					for _, o := range ev.bind(arr.Elem(i), m.value, s.env, at) {
						next = append(next, outcome{o.env, all(s.guard, m.guard, o.guard), nil})
					}
				}
			}
			states = next
		}
		return states
	}
	var out []outcome
	for _, o := range ev.term(t, e, at) {
		out = append(out, outcome{o.env, all(o.guard, equality(o.value, v, at)), nil})
	}
	return out
}

// apply calls a builtin or a rule.
func (ev *evaluator) apply(op ast.Ref, args []value, at diag.Place) []member {
	if op.HasPrefix(ast.DefaultRootRef) {
		if rules, n := ev.res.lookup(op); n == len(op) {
			return ev.rules(rules, args, at)
		}
		return []member{{yes, opaque{reason: "a function that is not defined", at: at}}}
	}
	name := op.String()
	if known, ok := evaluateKnown(name, args); ok {
		return known
	}
	for _, a := range args {
		if o, ok := a.(opaque); ok {
			o.never = givesText(name)
			return []member{{yes, o}}
		}
	}
	if p, ok := predicates[name]; ok {
		f := p(args, at)
		return []member{{f, constant{ast.Boolean(true)}}, {negate(f), constant{ast.Boolean(false)}}}
	}
	if name == "object.get" {
		if out := ev.objectGet(args, at); out != nil {
			return out
		}
	}
	if f, ok := functions[name]; ok {
		if out := f(args, at); out != nil {
			return out
		}
	}
	reason, ok := impossible[name]
	if !ok {
		reason = name + " has no counterpart among IAM's condition operators"
	}
	return []member{{yes, opaque{reason: reason, at: at, never: givesText(name)}}}
}

// givesText reports whether a builtin gives a text or a number, which as an
// expression always holds.
func givesText(name string) bool {
	b, ok := ast.BuiltinMap[name]
	if !ok {
		return false
	}
	switch b.Decl.Result().(type) {
	case types.String, types.Number:
		return true
	}
	return false
}

// evaluateKnown runs a builtin whose arguments are all known.
func evaluateKnown(name string, args []value) ([]member, bool) {
	terms := make([]*ast.Term, len(args))
	for i, a := range args {
		c, ok := a.(constant)
		if !ok {
			return nil, false
		}
		terms[i] = ast.NewTerm(c.v)
	}
	run := topdown.GetBuiltin(name)
	if run == nil || !deterministic(name) {
		return nil, false
	}
	var out []member
	err := run(topdown.BuiltinContext{}, terms, func(t *ast.Term) error {
		out = append(out, member{yes, constant{t.Value}})
		return nil
	})
	if err != nil {
		return nil, true // a builtin error makes the expression undefined
	}
	return out, true
}

// functions lists the builtins that give a value which can still be followed.
// A nil result means that this use cannot be.
var functions = map[string]func(args []value, at diag.Place) []member{
	"lower": func(a []value, _ diag.Place) []member { return folded(a[0], lower) },
	"upper": func(a []value, _ diag.Place) []member { return folded(a[0], upper) },
	"count": func(a []value, _ diag.Place) []member {
		if c, ok := a[0].(collection); ok {
			return []member{{yes, size{c}}}
		}
		return nil
	},
	"minus": difference,
	"object.keys": func(a []value, _ diag.Place) []member {
		if x, ok := a[0].(attribute); ok && x.fold == asIs {
			return []member{{yes, keySet{x.path}}}
		}
		return nil
	},
}

func folded(v value, f fold) []member {
	a, ok := v.(attribute)
	if !ok || a.fold != asIs && a.fold != f {
		return nil
	}
	a.fold = f
	return []member{{yes, a}}
}

// objectGet is the attribute where it is there, else the default.
func (ev *evaluator) objectGet(args []value, at diag.Place) []member {
	base, ok := args[0].(attribute)
	key, known := args[1].(constant)
	if !ok || !known {
		return nil
	}
	keys := []keyed{{value: key}}
	if arr, ok := key.v.(*ast.Array); ok {
		keys = constantMembers(arr)
	}
	found := []member{{yes, base}}
	for _, k := range keys {
		if found = ev.index(found[0].value, k.value, at); len(found) != 1 {
			return nil
		}
	}
	a, ok := found[0].value.(attribute)
	if !ok {
		return nil
	}
	there := a.there(at)
	return []member{{there, a}, {negate(there), args[2]}}
}

// difference is a set without the members of another.
func difference(args []value, at diag.Place) []member {
	from, ok := args[0].(constant)
	set, isSet := args[0].(collection)
	switch {
	case ok:
		if _, ok := from.v.(ast.Set); !ok {
			return nil
		}
		for _, m := range constantMembers(from.v) {
			set.members = append(set.members, member{yes, m.value})
		}
	case !isSet:
		return nil
	}
	out := collection{set: true}
	for _, m := range set.members {
		if g := all(m.guard, negate(contains(args[1], m.value, at))); !g.isFalse() {
			out.members = append(out.members, member{g, m.value})
		}
	}
	return []member{{yes, out}}
}

// matches is the condition under which a string has a fixed part.
func matches(x, part value, before, after string, at diag.Place) *formula {
	k, known := part.(constant)
	a, ok := x.(attribute)
	if !known || !ok {
		return unsupportedAtom("compares a part of what no request tells", at)
	}
	s, ok := k.v.(ast.String)
	if !ok {
		return no
	}
	return likeAny(a, []string{before + escape(string(s)) + after}, at)
}

func likeAny(a attribute, patterns []string, at diag.Place) *formula {
	if a.fold != asIs {
		return unsupportedAtom("matches a pattern ignoring case; IAM's patterns heed case", at)
	}
	values := make([]scalar, len(patterns))
	for i, p := range patterns {
		values[i] = scalar{isString, p}
	}
	return a.ask(like, sortedScalars(values), at)
}

func matchesRegex(x, pattern value, at diag.Place) *formula {
	k, known := pattern.(constant)
	a, ok := x.(attribute)
	if !known || !ok {
		return unsupportedAtom("matches with a pattern that is not known", at)
	}
	s, ok := k.v.(ast.String)
	if !ok {
		return no
	}
	patterns, err := regexToWildcards(string(s))
	if err != nil {
		return unsupportedAtom(err.Error(), at)
	}
	return likeAny(a, patterns, at)
}

func matchesGlob(args []value, at diag.Place) *formula {
	pattern, known := args[0].(constant)
	delimiters, fixed := args[1].(constant)
	a, ok := args[2].(attribute)
	if !known || !fixed || !ok {
		return unsupportedAtom("matches with a pattern that is not known", at)
	}
	s, ok := pattern.v.(ast.String)
	if !ok {
		return no
	}
	text, wider, err := globToWildcard(string(s), delimiters.v)
	if err != nil {
		return unsupportedAtom(err.Error(), at)
	}
	f := likeAny(a, []string{text}, at)
	if f.op == isAtom {
		f.atom.wider = wider
	}
	return f
}

func insideCIDR(args []value, at diag.Place) *formula {
	k, known := args[0].(constant)
	a, ok := args[1].(attribute)
	if !known || !ok {
		return unsupportedAtom("compares networks that are both unknown", at)
	}
	s, ok := k.v.(ast.String)
	if !ok {
		return no
	}
	prefix, err := netip.ParsePrefix(strings.TrimSpace(string(s)))
	if err != nil {
		return unsupportedAtom("a network that is not in CIDR form: "+string(s), at)
	}
	return a.ask(inCIDR, []scalar{{isString, prefix.Masked().String()}}, at)
}
