package input

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// metaNames are the arguments and blocks that Terraform takes for itself, and
// timeouts, which are no property of what is made.
var metaNames = map[string]bool{
	"count": true, "for_each": true, "provider": true, "depends_on": true,
	"lifecycle": true, "provisioner": true, "connection": true, "timeouts": true,
}

//go:embed mapattributes.txt
var mapAttributesText string

// body evaluates a body to an object: attributes as they are, nested blocks of
// one type as a tuple of objects in their order, since the provider's schema
// makes lists of them.
func (e *evaluator) body(b hcl.Body, local bindings, top bool) cty.Value {
	values := map[string]cty.Value{}
	native, ok := b.(*hclsyntax.Body)
	if !ok {
		return cty.DynamicVal
	}
	for name, a := range native.Attributes {
		if top && metaNames[name] {
			continue
		}
		v := e.expr(a.Expr, local)
		if _, json := a.Expr.(*jsonArgument); json {
			v = e.jsonValue(name, v)
		}
		values[name] = v
	}
	blocks := map[string][]cty.Value{}
	open := map[string]bool{}
	for _, block := range native.Blocks {
		switch {
		case top && metaNames[block.Type]:
		case block.Type == "dynamic" && len(block.Labels) == 1:
			name := block.Labels[0]
			made, known := e.dynamic(block, local)
			blocks[name] = append(blocks[name], made...)
			open[name] = open[name] || !known
		default:
			blocks[block.Type] = append(blocks[block.Type], e.body(block.Body, local, false))
		}
	}
	for name, list := range blocks {
		switch {
		case open[name]:
			values[name] = cty.DynamicVal
		case len(list) > 0:
			values[name] = cty.TupleVal(list)
		}
	}
	return cty.ObjectVal(values)
}

var dynamicSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "for_each", Required: true}, {Name: "iterator"}, {Name: "labels"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "content"}},
}

// dynamic makes the blocks that a dynamic block stands for. It reports false
// when their number is not known.
func (e *evaluator) dynamic(b *hclsyntax.Block, local bindings) ([]cty.Value, bool) {
	content, diags := b.Body.Content(dynamicSchema)
	e.diags = append(e.diags, diags...)
	forEach := content.Attributes["for_each"]
	if forEach == nil || len(content.Blocks) != 1 {
		if forEach != nil {
			e.fail(b.DefRange(), "Invalid dynamic block", "A dynamic block needs one content block.")
		}
		return nil, false
	}
	iterator := b.Labels[0]
	if a := content.Attributes["iterator"]; a != nil {
		iterator = cmp.Or(hcl.ExprAsKeyword(static(bare(a.Expr))), iterator)
	}
	v, marks := e.expr(forEach.Expr, local).Unmark()
	switch {
	case !v.IsKnown():
		return nil, false
	case v.IsNull() || !v.CanIterateElements():
		e.fail(forEach.Expr.Range(), "Invalid dynamic for_each value", "for_each of a dynamic block must be a collection.")
		return nil, false
	}
	var out []cty.Value
	for k, element := range v.Elements() {
		if e.limits.spent() {
			break
		}
		if v.Type().IsSetType() {
			k = element
		}
		inner := bindings{iterator: cty.ObjectVal(map[string]cty.Value{"key": k, "value": element.WithMarks(marks)})}
		for name, value := range local {
			if name != iterator {
				inner[name] = value
			}
		}
		out = append(out, e.body(content.Blocks[0].Body, inner, false))
	}
	return out, true
}

// jsonValue gives a value from JSON syntax the form that native syntax would
// give it. Without the provider's schema a block looks like an attribute that
// holds an object: it is taken as a block unless it is a known map.
func (e *evaluator) jsonValue(name string, v cty.Value) cty.Value {
	if !v.IsKnown() || v.IsNull() || v.IsMarked() {
		return v
	}
	switch t := v.Type(); {
	case t.IsObjectType() && !isMapAttribute(name):
		return cty.TupleVal([]cty.Value{e.jsonBlock(v)})
	case t.IsTupleType():
		var list []cty.Value
		for _, element := range v.Elements() {
			if element.Type().IsObjectType() && element.IsKnown() && !element.IsNull() && !element.IsMarked() {
				element = e.jsonBlock(element)
			}
			list = append(list, element)
		}
		return cty.TupleVal(list)
	}
	return v
}

func (e *evaluator) jsonBlock(v cty.Value) cty.Value {
	members := v.AsValueMap()
	for name, m := range members {
		members[name] = e.jsonValue(name, m)
	}
	return cty.ObjectVal(members)
}

func isMapAttribute(name string) bool {
	_, found := slices.BinarySearch(dataLines(mapAttributesText), name)
	return found
}

// dataLines returns the lines of an embedded list without its comments.
func dataLines(text string) []string {
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.Fields(text)
}

// view is what other expressions see of an instance: its values, and every
// other name that the module reads as unknown.
func (e *evaluator) view(v cty.Value) cty.Value {
	if !v.IsKnown() || v.IsNull() || v.IsMarked() {
		return v
	}
	switch t := v.Type(); {
	case t.IsObjectType():
		members := map[string]cty.Value{}
		for name := range e.names {
			members[name] = cty.DynamicVal
		}
		for name, m := range v.AsValueMap() {
			if m.Type().IsTupleType() && !m.IsMarked() {
				m = e.view(m) // nested blocks
			}
			if !m.IsNull() {
				members[name] = m
			} else if _, read := members[name]; !read {
				members[name] = m
			}
		}
		return cty.ObjectVal(members)
	case t.IsTupleType() && v.IsKnown() && v.LengthInt() > 0:
		var list []cty.Value
		for _, element := range v.Elements() {
			list = append(list, e.view(element))
		}
		return cty.TupleVal(list)
	}
	return v
}
