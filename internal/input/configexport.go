package input

import (
	_ "embed"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/parapet-dev/parapet/internal/resource"
)

//go:embed taggable.txt
var taggableText string

// export turns the instances of a resource into resources.
func (e *evaluator) export(o *object, done *evaluated) []*resource.Resource {
	provider := e.providerOf(o)
	groups := e.groupsOf(o)
	out := make([]*resource.Resource, 0, len(done.instances))
	for _, i := range done.instances {
		r := &resource.Resource{
			Type: o.kind, Name: o.name, Address: join(e.address, o.address()+i.key), Provider: provider.source,
			Origin: resource.OriginConfig, Actions: []resource.Action{resource.ActionCreate},
			Account: provider.account, Region: provider.region,
			Source: e.source(o.block.DefRange),
			Refs:   e.references(o, groups, i),
		}
		values, unknown, secret := exportValue(e.withTags(o.kind, i.value, provider.tags))
		r.Values, _ = values.(map[string]any)
		tree, _ := unknown.(map[string]any)
		if tree == nil {
			tree = map[string]any{}
		}
		if _, set := r.Values["id"]; !set {
			tree["id"] = true
		}
		if _, set := r.Values["arn"]; !set {
			tree["arn"] = true
		}
		r.Unknown, r.Sensitive = tree, secret
		identify(r, e.src.options)
		out = append(out, r)
	}
	return out
}

// source is a place as users see it, with the calls of the modules that lead
// there.
func (e *evaluator) source(at hcl.Range) *resource.Source {
	s := &resource.Source{File: e.sourceFile(at.Filename), Line: at.Start.Line}
	for m := e; m.parent != nil; m = m.parent {
		call := m.call.DefRange
		s.Modules = append(s.Modules, resource.ModuleCall{Name: m.name, File: m.parent.sourceFile(call.Filename), Line: call.Start.Line})
	}
	slices.Reverse(s.Modules)
	return s
}

// sourceFile is a file of the module as users see it: below the directory as
// it was given, or relative to the root module when that was an absolute path.
func (e *evaluator) sourceFile(file string) string {
	if path.IsAbs(e.shown) || filepath.IsAbs(e.shown) {
		return path.Join(e.module.dir, path.Base(file))
	}
	return file
}

// withTags adds tags_all as the provider does: the default tags under those of
// the resource. Types without tags keep none.
func (e *evaluator) withTags(kind string, v, defaults cty.Value) cty.Value {
	if _, taggable := slices.BinarySearch(dataLines(taggableText), kind); !taggable {
		return v
	}
	members := v.AsValueMap()
	if members == nil {
		members = map[string]cty.Value{}
	}
	own, set := members["tags"]
	if !set || own.IsNull() {
		own = cty.EmptyObjectVal
	}
	if _, set := members["tags_all"]; set {
		return v
	}
	all, ok := mergeObjects(defaults, own)
	switch {
	case !ok:
		members["tags_all"] = cty.DynamicVal
	case len(all) > 0:
		members["tags_all"] = tagTexts(all)
	}
	return cty.ObjectVal(members)
}

// tagTexts makes texts of what stands in default_tags: the provider's schema has
// conformed those of the resource already.
func tagTexts(members map[string]cty.Value) cty.Value {
	for name, v := range members {
		v, marks := v.Unmark()
		members[name] = to(cty.String, v).WithMarks(marks)
	}
	return cty.ObjectVal(members)
}

// mergeObjects returns the members of two objects or maps, those of the second
// winning; false when either is not known.
func mergeObjects(a, b cty.Value) (map[string]cty.Value, bool) {
	out := map[string]cty.Value{}
	for _, v := range []cty.Value{a, b} {
		v, marks := v.Unmark()
		if v == cty.NilVal || v.IsKnown() && v.IsNull() {
			continue
		}
		if !v.IsKnown() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
			return nil, false
		}
		for k, e := range v.AsValueMap() {
			out[k] = e.WithMarks(marks)
		}
	}
	return out, true
}

// maxBits is how large a number may be: 10 to the power of 9999, as in plans.
const maxBits = 33_219

// exportValue turns a value into plain data without nulls, the tree of what is
// unknown in it and the tree of what is sensitive.
func exportValue(v cty.Value) (value, unknown, secret any) {
	v, marks := v.Unmark()
	if _, ok := marks[sensitive]; ok {
		secret = true
	}
	if !v.IsKnown() {
		return nil, true, secret
	}
	if v.IsNull() {
		return nil, nil, secret
	}
	switch t := v.Type(); {
	case t == cty.String:
		return v.AsString(), nil, secret
	case t == cty.Bool:
		return v.True(), nil, secret
	case t == cty.Number:
		// What is computed may be out of every range: written out, it has as many
		// digits as its exponent says.
		if f := v.AsBigFloat(); f.MantExp(nil) < maxBits && f.MantExp(nil) > -maxBits {
			return json.Number(f.Text('f', -1)), nil, secret
		}
		return nil, true, secret
	case t.IsObjectType() || t.IsMapType():
		return exportObject(v, secret)
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return exportList(v, secret)
	}
	return nil, nil, secret
}

func exportObject(v cty.Value, secret any) (value, unknown, secrets any) {
	values := map[string]any{}
	unknowns, marks := map[string]any{}, map[string]any{}
	for name, m := range v.AsValueMap() {
		plain, u, s := exportValue(m)
		if plain != nil {
			values[name] = plain
		}
		if u != nil {
			unknowns[name] = u
		}
		if s != nil {
			marks[name] = s
		}
	}
	return values, orNil(unknowns), firstMark(secret, orNil(marks))
}

func exportList(v cty.Value, secret any) (value, unknown, secrets any) {
	values := []any{}
	unknowns, marks := []any{}, []any{}
	someUnknown, someMark := false, false
	for _, element := range v.Elements() {
		plain, u, s := exportValue(element)
		values = append(values, plain)
		someUnknown, someMark = someUnknown || u != nil, someMark || s != nil
		unknowns, marks = append(unknowns, orFalse(u)), append(marks, orFalse(s))
	}
	if someUnknown {
		unknown = unknowns
	}
	var tree any
	if someMark {
		tree = marks
	}
	return values, unknown, firstMark(secret, tree)
}

func orNil(m map[string]any) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

func orFalse(v any) any {
	if v == nil {
		return false
	}
	return v
}

func firstMark(whole, tree any) any {
	if whole != nil {
		return whole
	}
	return tree
}

func knownString(v cty.Value) string {
	if v == cty.NilVal {
		return ""
	}
	v, _ = v.Unmark()
	if v.Type() != cty.String || !v.IsKnown() || v.IsNull() {
		return ""
	}
	return v.AsString()
}

func isTrue(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() && v.True()
}

func isFalse(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() && v.False()
}

// stringMember returns a string member of an object, empty when there is none.
func stringMember(v cty.Value, name string) string {
	if v == cty.NilVal || !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return ""
	}
	return knownString(v.GetAttr(name))
}
