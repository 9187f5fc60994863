package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reads is what the deny rules of a policy may read of a resource, found by a
// static walk. It errs on the side of too much: what cannot be told is whole.
type reads struct {
	types    []string            // sorted; empty: every type
	values   []access            // below input.resource.values, sorted
	whole    bool                // reads all of the values, or cannot be told
	related  map[string][]access // type → below its values
	relWhole map[string]bool     // type → reads all of its values; "*": every type
	dynamic  []access            // below input: those with a step that is not written in the policy
}

func (r *reads) attributes() []string { return names(r.values) }

// relatedTypes lists the types that are read below input.related.
func (r *reads) relatedTypes() []string {
	if r.relWhole["*"] {
		return []string{"*"}
	}
	set := map[string]bool{}
	for t := range r.related {
		set[t] = true
	}
	for t := range r.relWhole {
		set[t] = true
	}
	list := slices.AppendSeq([]string{}, maps.Keys(set))
	slices.Sort(list)
	return list
}

func unique(list []access) []access {
	slices.SortFunc(list, func(a, b access) int { return cmp.Compare(a.key(), b.key()) })
	return slices.CompactFunc(list, func(a, b access) bool { return a.key() == b.key() })
}

func names(list []access) []string {
	out := []string{}
	for _, a := range list {
		if s := a.trim().String(); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// analyse walks the deny rules of a package and everything that they call.
func analyse(c *ast.Compiler, pkg ast.Ref) reads {
	w := &walker{compiler: c, seen: map[string]bool{}, strong: map[string]access{}, weak: map[string]access{}}
	var types []string
	every := false
	for _, rule := range c.GetRulesExact(pkg.Append(ast.StringTerm("deny"))) {
		s := w.walk(rule, nil)
		named := s.types(rule.Body)
		every = every || len(named) == 0
		types = append(types, named...)
	}
	r := reads{related: map[string][]access{}, relWhole: map[string]bool{}}
	if !every {
		slices.Sort(types)
		r.types = slices.Compact(types)
	}
	for _, a := range w.all() {
		if a.dynamic() >= 0 {
			r.dynamic = append(r.dynamic, a)
		}
		r.add(a.plain())
	}
	r.values = unique(r.values)
	for t, list := range r.related {
		r.related[t] = unique(list)
	}
	return r
}

// add files an access under what it reads.
func (r *reads) add(a access) {
	switch {
	case len(a) == 0 || a[0] == anyStep:
		r.whole, r.relWhole["*"] = true, true
	case a[0] == "resource":
		switch {
		case len(a) == 1 || a[1] == anyStep:
			r.whole = true
		case a[1] == "values":
			if rest := a[2:].trim(); len(rest) == 0 || rest[0] == anyStep {
				r.whole = true
			} else {
				r.values = append(r.values, a[2:])
			}
		}
	case a[0] == "related":
		r.addRelated(a[1:])
	}
}

// addRelated files an access below input.related: type, index, then the
// related resource's document.
func (r *reads) addRelated(a access) {
	if len(a) == 0 || a[0] == anyStep {
		r.relWhole["*"] = true
		return
	}
	t, ok := a[0].(string)
	switch {
	case !ok:
	case len(a) < 3 || a[2] == anyStep || a[2] == "values" && (len(a) == 3 || a[3] == anyStep):
		r.relWhole[t] = true
	case a[2] == "values":
		r.related[t] = append(r.related[t], a[3:])
	default: // an identity field: known, but the type is read
		if r.related[t] == nil {
			r.related[t] = []access{}
		}
	}
}

// walker collects accesses over rules. Strong ones are consumed; weak ones
// only name a place (an alias, an argument) and count when nothing below them
// is consumed.
type walker struct {
	compiler *ast.Compiler
	seen     map[string]bool
	strong   map[string]access
	weak     map[string]access
	watch    *watcher // of the schema check; nil otherwise
}

// all returns the accesses that count, sorted by their text.
func (w *walker) all() []access {
	out := maps.Clone(w.strong)
	for key, a := range w.weak {
		below := false
		for _, set := range []map[string]access{w.strong, w.weak} {
			for _, b := range set {
				below = below || len(b) > len(a) && b.hasPrefix(a)
			}
		}
		if !below {
			out[key] = a
		}
	}
	list := make([]access, 0, len(out))
	for _, key := range slices.Sorted(maps.Keys(out)) {
		list = append(list, out[key])
	}
	return list
}

// bound is what a variable may stand for.
type bound struct {
	places []access
	consts []ast.Value
}

// scope walks one rule with its variables.
type scope struct {
	*walker
	rule *ast.Rule
	vars map[ast.Var]*bound
}

// walk walks one rule; args say what its parameters stand for.
func (w *walker) walk(r *ast.Rule, args []*bound) *scope {
	s := &scope{walker: w, rule: r, vars: map[ast.Var]*bound{}}
	for i, arg := range r.Head.Args {
		if v, ok := arg.Value.(ast.Var); ok && i < len(args) && args[i] != nil {
			s.vars[v] = args[i]
		}
	}
	for range maxAliasDepth {
		before := s.size()
		ast.WalkExprs(r, func(e *ast.Expr) bool { s.bind(e); return false })
		if s.size() == before {
			break
		}
	}
	if w.watch != nil {
		defer w.watch.enter(s)()
	}
	for _, t := range r.Head.Reference {
		s.term(t, false)
	}
	s.term(r.Head.Key, false)
	s.term(r.Head.Value, false)
	s.body(r.Body)
	if r.Else != nil {
		for _, e := range elses(r) {
			w.walk(e, args)
		}
	}
	return s
}

// maxAliasDepth bounds how long a chain of aliases is followed; longer chains
// do not occur in code that people write.
const maxAliasDepth = 8

func elses(r *ast.Rule) []*ast.Rule {
	copied := *r.Else
	if len(copied.Head.Args) == 0 {
		head := *copied.Head
		head.Args = r.Head.Args
		copied.Head = &head
	}
	return []*ast.Rule{&copied}
}

func (s *scope) size() int {
	n := 0
	for _, b := range s.vars {
		n += len(b.places) + len(b.consts)
	}
	return n
}

// bind records what the variables of an equality, or of an every, stand for.
func (s *scope) bind(e *ast.Expr) {
	if every, ok := e.Terms.(*ast.Every); ok {
		s.aliasTo(every.Value, s.elements(every.Domain))
		return
	}
	if e.Negated || !e.IsEquality() && !e.IsAssignment() {
		return
	}
	ops := e.Operands()
	if len(ops) != 2 {
		return
	}
	s.alias(ops[0], ops[1])
	s.alias(ops[1], ops[0])
}

func (s *scope) alias(to, from *ast.Term) {
	s.aliasTo(to, s.resolve(from))
}

func (s *scope) aliasTo(to *ast.Term, b *bound) {
	v, ok := to.Value.(ast.Var)
	if !ok || b == nil {
		return
	}
	mine := s.vars[v]
	if mine == nil {
		mine = &bound{}
		s.vars[v] = mine
	}
	for _, a := range b.places {
		if !slices.ContainsFunc(mine.places, func(o access) bool { return slices.Equal(a, o) }) {
			mine.places = append(slices.Clip(mine.places), a)
		}
	}
	for _, c := range b.consts {
		if !slices.ContainsFunc(mine.consts, func(o ast.Value) bool { return c.Compare(o) == 0 }) {
			mine.consts = append(slices.Clip(mine.consts), c)
		}
	}
}

// resolve says what a term may stand for; nil when that is not a place and not
// a constant.
func (s *scope) resolve(t *ast.Term) *bound {
	switch v := t.Value.(type) {
	case ast.Var:
		if v.Equal(ast.InputRootDocument.Value) {
			return &bound{places: []access{{}}}
		}
		return s.vars[v]
	case ast.Ref:
		if places := s.places(v); len(places) > 0 {
			return &bound{places: places}
		}
		if c := s.constant(v); c != nil {
			return &bound{consts: []ast.Value{c}}
		}
		// some x in {"a", "b"} compiles to x = {"a", "b"}[_].
		if n := len(v) - 1; n > 0 && !v[n].IsGround() {
			if n == 1 {
				return s.elements(v[0])
			}
			return s.elements(ast.NewTerm(v[:n]))
		}
	case ast.String, ast.Number, ast.Boolean, ast.Null:
		return &bound{consts: []ast.Value{v}}
	case *ast.Array, ast.Set:
		if v.IsGround() {
			return &bound{consts: []ast.Value{v}}
		}
	}
	return nil
}

// elements says what the elements of a collection may stand for.
func (s *scope) elements(t *ast.Term) *bound {
	b := s.resolve(t)
	if b == nil {
		return nil
	}
	out := &bound{}
	for _, a := range b.places {
		out.places = append(out.places, a.extend(anyStep))
	}
	for _, c := range b.consts {
		each, ok := c.(interface{ Foreach(func(*ast.Term)) })
		if !ok || !ast.NewTerm(c).IsGround() {
			return nil
		}
		each.Foreach(func(e *ast.Term) { out.consts = append(out.consts, e.Value) })
	}
	return out
}

// places returns the accesses that a reference may stand for.
func (s *scope) places(ref ast.Ref) []access {
	base := s.resolve(ref[0])
	if base == nil {
		return nil
	}
	list := base.places
	for _, t := range ref[1:] {
		var next []access
		for _, step := range s.steps(t) {
			for _, a := range list {
				next = append(next, a.extend(step))
			}
		}
		list = next
	}
	return list
}

// steps returns the steps that a term in a reference may be.
func (s *scope) steps(t *ast.Term) []any {
	values := []ast.Value{t.Value}
	hold := func(step any) any { return step }
	if v, ok := t.Value.(ast.Var); ok {
		hold = func(step any) any { return chosen{step} }
		b := s.vars[v]
		if b == nil || len(b.places) > 0 || len(b.consts) == 0 {
			return []any{anyStep}
		}
		values = b.consts
	}
	var out []any
	for _, v := range values {
		switch v := v.(type) {
		case ast.String:
			out = append(out, hold(string(v)))
		case ast.Number:
			if i, ok := v.Int(); ok {
				out = append(out, hold(i))
				continue
			}
			return []any{anyStep}
		default:
			return []any{anyStep}
		}
	}
	return out
}

// constant returns the value of a rule that is nothing but a constant.
func (s *scope) constant(ref ast.Ref) ast.Value {
	if !ref[0].Equal(ast.DefaultRootDocument) || !ref.IsGround() {
		return nil
	}
	rules := s.compiler.GetRulesExact(ref)
	if len(rules) != 1 || rules[0].Head.Value == nil || len(rules[0].Head.Args) > 0 {
		return nil
	}
	v := rules[0].Head.Value.Value
	trivial := len(rules[0].Body) == 1 && rules[0].Body[0].Equal(ast.NewExpr(ast.BooleanTerm(true)))
	switch v.(type) {
	case ast.Ref, ast.Var, ast.Call:
		return nil
	}
	if !trivial || !v.IsGround() || ast.IsComprehension(v) {
		return nil
	}
	return v
}
