package engine

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/schema"
)

// comparisons are the operators whose two sides must be of one kind to mean
// anything. The second side of membership is a collection.
var comparisons = []string{"eq", "equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2"}

// comparison judges the constants that an expression compares the type or an
// attribute with. Functions are left out: their parameters may be of any kind.
func (w *watcher) comparison(s *scope, e *ast.Expr) {
	if !e.IsCall() || len(e.Operands()) != 2 || len(s.rule.Head.Args) > 0 {
		return
	}
	op := e.Operator().String()
	if !slices.Contains(comparisons, op) {
		return
	}
	for i, side := range e.Operands() {
		other := e.Operand(1 - i)
		place, consts := s.resolve(side), s.resolve(other)
		if place == nil || consts == nil || len(place.places) == 0 || len(place.consts)+len(consts.places) > 0 || len(consts.consts) == 0 {
			continue
		}
		at := placeOf(other.Location)
		if at.File == "" {
			at = placeOf(e.Location)
		}
		if s.isType(side) {
			w.typeNames(consts.consts, other, at)
		} else if op != "internal.member_2" || i == 0 {
			w.kinds(place.places, plainConsts(consts.consts, op == "internal.member_2"), at)
		}
	}
}

// plainConsts returns constants, or the elements of those that are collections.
func plainConsts(list []ast.Value, members bool) []ast.Value {
	if !members {
		return list
	}
	var out []ast.Value
	for _, c := range list {
		if each, ok := c.(interface{ Foreach(func(*ast.Term)) }); ok {
			each.Foreach(func(t *ast.Term) { out = append(out, t.Value) })
		}
	}
	return out
}

// typeNames refuses names of resource types that the provider does not have.
func (w *watcher) typeNames(consts []ast.Value, in *ast.Term, at diag.Place) {
	check := func(v ast.Value, at diag.Place) {
		if name, ok := v.(ast.String); ok && !w.knownType(string(name)) {
			w.found = append(w.found, w.unknownType(string(name)).At(at))
		}
	}
	for _, c := range consts {
		each, ok := c.(interface{ Foreach(func(*ast.Term)) })
		if !ok {
			check(c, at)
			continue
		}
		each.Foreach(func(t *ast.Term) {
			place := at
			if l := placeOf(t.Location); l.File != "" && in.Value.Compare(c) == 0 {
				place = l
			}
			check(t.Value, place)
		})
	}
}

// kinds notes what attributes are compared with: a value of their kind, or only
// such as they never equal.
func (w *watcher) kinds(places []access, consts []ast.Value, at diag.Place) {
	for _, a := range places {
		a = a.plain()
		if len(a) < 3 || a[0] != "resource" || a[1] != "values" || len(w.types) == 0 {
			return
		}
		var bad *diag.Diagnostic
		for _, t := range w.types {
			attribute, ok := w.attribute(t, a[2:])
			if !ok {
				continue
			}
			wrong := slices.IndexFunc(consts, func(v ast.Value) bool { return !sameKind(attribute.Kind, v) })
			if wrong < 0 || len(consts) == 0 || slices.ContainsFunc(consts, func(v ast.Value) bool { return sameKind(attribute.Kind, v) }) {
				w.compared[a.key()] = true
				return
			}
			if bad == nil {
				d := diag.Errorf("policy-schema-kind", "%s.%s is a %s, and is compared with the %s %s",
					t, a[2:], attribute.Kind, ast.ValueName(consts[wrong]), consts[wrong]).At(at).
					WithDetail("Values of two kinds are never equal, and their order says nothing.")
				bad = &d
			}
		}
		if bad == nil {
			return
		}
		w.mistakes = append(w.mistakes, mistake{access: a.key(), bad: *bad})
	}
}

// attribute looks an access below values up.
func (w *watcher) attribute(t string, a access) (schema.Attribute, bool) {
	def, ok := w.provider.Lookup(t)
	if !ok {
		return schema.Attribute{Kind: schema.Dynamic}, true
	}
	if w.policy.unchecked(t, a.String()) {
		return schema.Attribute{Kind: schema.Dynamic}, true
	}
	attribute, err := def.Attribute(schemaPath(a))
	return attribute, err == nil
}

// schemaPath is an access in the words of the schema.
func schemaPath(a access) schema.Path {
	path := make(schema.Path, len(a))
	for i, step := range a {
		if path[i] = step; step == anyStep {
			path[i] = schema.Any
		}
	}
	return path
}

// sameKind reports whether an attribute of a kind may equal a value. Null is
// let through: loading drops it, which is another matter.
func sameKind(k schema.Kind, v ast.Value) bool {
	switch v.(type) {
	case ast.String:
		return k == schema.String || k == schema.Dynamic
	case ast.Number:
		return k == schema.Number || k == schema.Dynamic
	case ast.Boolean:
		return k == schema.Bool || k == schema.Dynamic
	case *ast.Array, ast.Set:
		return k == schema.List || k == schema.Set || k == schema.Dynamic
	case ast.Object:
		return k == schema.Map || k == schema.Object || k == schema.Dynamic
	}
	return true
}
