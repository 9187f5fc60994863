package input

import (
	_ "embed"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/parapet-dev/parapet/internal/resource"
)

//go:embed taggable.txt
var taggableText string

// export turns the instances of a resource into resources.
func (e *evaluator) export(o *object, done *evaluated) []*resource.Resource {
	provider := e.providerOf(o)
	groups := referenceGroups(o.block.Body, true)
	out := make([]*resource.Resource, 0, len(done.instances))
	for _, i := range done.instances {
		r := &resource.Resource{
			Type: o.kind, Name: o.name, Address: o.address() + i.key, Provider: provider.source,
			Origin: resource.OriginConfig, Actions: []resource.Action{resource.ActionCreate},
			Account: provider.account, Region: provider.region,
			Source: &resource.Source{File: e.sourceFile(o.block.DefRange.Filename), Line: o.block.DefRange.Start.Line},
			Refs:   e.references(groups, i),
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
		identify(r, e.module.options)
		out = append(out, r)
	}
	return out
}

// sourceFile is the place of a file as users see it: below the directory as it
// was given, or below the root of the module when that was an absolute path.
func (e *evaluator) sourceFile(file string) string {
	if path.IsAbs(e.module.shown) || filepath.IsAbs(e.module.shown) {
		return strings.TrimPrefix(strings.TrimPrefix(file, e.module.shown), "/")
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
		members["tags_all"] = cty.ObjectVal(all)
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
		return json.Number(v.AsBigFloat().Text('f', -1)), nil, secret
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

// referenceGroups returns what each expression of a body refers to, one group
// an expression: the resources among it decide together with each and count
// which instances are meant.
func referenceGroups(body hcl.Body, top bool) [][]hcl.Traversal {
	var groups [][]hcl.Traversal
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		attributes, _ := body.JustAttributes()
		for name, a := range attributes {
			if !top || !metaNames[name] {
				groups = append(groups, a.Expr.Variables())
			}
		}
		return groups
	}
	for name, a := range native.Attributes {
		if !top || !metaNames[name] {
			groups = append(groups, a.Expr.Variables())
		}
	}
	for _, b := range native.Blocks {
		if !top || !metaNames[b.Type] {
			groups = append(groups, referenceGroups(b.Body, false)...)
		}
	}
	return groups
}

// references returns the addresses that an instance refers to. Locals are
// followed.
func (e *evaluator) references(groups [][]hcl.Traversal, i evaluatedInstance) []string {
	found := map[string]bool{}
	for _, g := range groups {
		key := ""
		if slices.ContainsFunc(g, func(t hcl.Traversal) bool { return t.RootName() == "each" || t.RootName() == "count" }) {
			key = i.key
		}
		e.follow(g, key, found, map[string]bool{})
	}
	if len(found) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(found))
}

func (e *evaluator) follow(group []hcl.Traversal, key string, found, seen map[string]bool) {
	for _, t := range group {
		root, name := t.RootName(), step(t, 1)
		if root == "local" {
			if a := e.module.locals[name]; a != nil && !seen[name] {
				seen[name] = true
				e.follow(a.Expr.Variables(), key, found, seen)
			}
			continue
		}
		address := root + "." + name
		target := e.objects[address]
		if target == nil || e.module.objects[address] == nil {
			continue
		}
		own := indexKey(t, 2)
		if own == "" {
			own = key
		}
		if slices.ContainsFunc(target.instances, func(i evaluatedInstance) bool { return own != "" && i.key == own }) {
			address += own
		}
		found[address] = true
	}
}

// indexKey returns the constant index at a position of a traversal as an
// instance key.
func indexKey(t hcl.Traversal, i int) string {
	if i >= len(t) {
		return ""
	}
	index, ok := t[i].(hcl.TraverseIndex)
	if !ok {
		return ""
	}
	plain, _, _ := exportValue(index.Key)
	return keyText(plain)
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

// stringMember returns a string member of an object, empty when there is none.
func stringMember(v cty.Value, name string) string {
	if v == cty.NilVal || !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return ""
	}
	return knownString(v.GetAttr(name))
}
