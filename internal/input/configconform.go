package input

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/schema"
)

// conform gives the values of a resource the kinds that the provider's schema
// says, as Terraform does: encrypted = "false" is false, and from_port = "22" is
// 22. To a policy the text "false" would be neither false nor missing. What
// cannot be converted is unknown: Terraform would refuse it, or the schema is
// that of another version of the provider.
func (e *evaluator) conform(kind string, v cty.Value) cty.Value {
	t, known := e.schema.Lookup(kind)
	if !known {
		return v
	}
	return conformer{t}.value(t.Root(), v)
}

type conformer struct{ schema.Type }

// primitives are the kinds of values that convert into one another.
func primitive(k schema.Kind) (cty.Type, bool) {
	switch k {
	case schema.String:
		return cty.String, true
	case schema.Number:
		return cty.Number, true
	case schema.Bool:
		return cty.Bool, true
	case schema.Dynamic, schema.List, schema.Set, schema.Map, schema.Object:
	}
	return cty.NilType, false
}

func (c conformer) value(a schema.Attribute, v cty.Value) cty.Value {
	if v.IsMarked() {
		plain, marks := v.Unmark()
		return c.value(a, plain).WithMarks(marks)
	}
	if !v.IsKnown() || v.IsNull() {
		return v
	}
	if want, ok := primitive(a.Kind); ok {
		return to(want, v)
	}
	elem, holds := a.Elem()
	switch t := v.Type(); {
	case a.Kind == schema.Object && t.IsObjectType():
		return c.object(a, v)
	case a.Kind == schema.Map && (t.IsObjectType() || t.IsMapType()):
		return rebuilt(v, func(cty.Value) schema.Attribute { return elem }, c)
	case holds && a.Kind != schema.Map && (t.IsTupleType() || t.IsListType() || t.IsSetType()):
		return c.list(elem, v)
	}
	return v
}

// to converts a known value without marks.
func to(want cty.Type, v cty.Value) cty.Value {
	if v.Type() == want {
		return v
	}
	converted, err := convert.Convert(v, want)
	if err != nil {
		return cty.UnknownVal(want)
	}
	return converted
}

func (c conformer) object(a schema.Attribute, v cty.Value) cty.Value {
	members := c.Members(a)
	return rebuilt(v, func(name cty.Value) schema.Attribute {
		if m, ok := members[name.AsString()]; ok {
			return m
		}
		return schema.Attribute{Kind: schema.Dynamic}
	}, c)
}

// rebuilt is an object or map with its members conformed; itself where nothing
// changes.
func rebuilt(v cty.Value, of func(name cty.Value) schema.Attribute, c conformer) cty.Value {
	members, changed := map[string]cty.Value{}, false
	for name, m := range v.Elements() {
		after := c.value(of(name), m)
		changed = changed || !after.RawEquals(m)
		members[name.AsString()] = after
	}
	if !changed {
		return v
	}
	return cty.ObjectVal(members)
}

func (c conformer) list(elem schema.Attribute, v cty.Value) cty.Value {
	var list []cty.Value
	changed := false
	for _, m := range v.Elements() {
		after := c.value(elem, m)
		changed = changed || !after.RawEquals(m)
		list = append(list, after)
	}
	if !changed {
		return v
	}
	return cty.TupleVal(list)
}
