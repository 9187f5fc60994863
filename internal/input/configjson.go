package input

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// jsonArgument is an expression from JSON syntax, where a block cannot be told
// from an argument that holds an object.
type jsonArgument struct{ *hclsyntax.ParenthesesExpr }

// argument is one member of a JSON body.
type argument struct {
	name string
	expr hcl.Expression
}

// nativeBody turns a body in JSON syntax into one in native syntax, so that all
// that follows knows one form only. Nested blocks stay arguments that hold
// objects, apart from dynamic ones.
//
// Those of a literal body hold no templates: Terraform takes the texts in a
// variable block as they stand.
func nativeBody(body hcl.Body, literal bool) (*hclsyntax.Body, hcl.Diagnostics) {
	if native, ok := body.(*hclsyntax.Body); ok {
		return native, nil
	}
	attributes, diags := body.JustAttributes()
	var arguments []argument
	for name, a := range attributes {
		x := a.Expr
		if literal {
			v, more := x.Value(nil)
			diags = append(diags, more...)
			x = &hclsyntax.LiteralValueExpr{Val: v, SrcRange: x.Range()}
		}
		arguments = append(arguments, argument{name, x})
	}
	at := body.MissingItemRange()
	native, more := assemble(arguments, at)
	return native, append(diags, more...)
}

func assemble(arguments []argument, at hcl.Range) (*hclsyntax.Body, hcl.Diagnostics) {
	native := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: at, EndRange: at}
	var diags hcl.Diagnostics
	slices.SortFunc(arguments, func(a, b argument) int { return a.expr.Range().Start.Byte - b.expr.Range().Start.Byte })
	for _, a := range arguments {
		if a.name == "dynamic" {
			blocks, more := dynamicBlocks(a.expr)
			native.Blocks = append(native.Blocks, blocks...)
			diags = append(diags, more...)
			continue
		}
		x, more := nativeExpr(a.expr)
		diags = append(diags, more...)
		native.Attributes[a.name] = &hclsyntax.Attribute{
			Name: a.name, Expr: &jsonArgument{&hclsyntax.ParenthesesExpr{Expression: x, SrcRange: a.expr.Range()}},
			SrcRange: a.expr.Range(), NameRange: a.expr.Range(), EqualsRange: a.expr.Range(),
		}
	}
	return native, diags
}

// dynamicBlocks reads {"TYPE": {"for_each": …, "content": {…}}}, where each
// object may also be a list of objects.
func dynamicBlocks(x hcl.Expression) (hclsyntax.Blocks, hcl.Diagnostics) {
	var blocks hclsyntax.Blocks
	var diags hcl.Diagnostics
	for _, kind := range members(x) {
		for _, block := range oneOrList(kind.expr) {
			body, more := assemble(slices.DeleteFunc(members(block), func(a argument) bool { return a.name == "content" }), block.Range())
			diags = append(diags, more...)
			for _, a := range members(block) {
				if a.name != "content" {
					continue
				}
				for _, content := range oneOrList(a.expr) {
					inner, more := assemble(members(content), content.Range())
					diags = append(diags, more...)
					body.Blocks = append(body.Blocks, &hclsyntax.Block{Type: "content", Body: inner, TypeRange: content.Range()})
				}
			}
			blocks = append(blocks, &hclsyntax.Block{
				Type: "dynamic", Labels: []string{kind.name}, Body: body, TypeRange: block.Range(), LabelRanges: []hcl.Range{block.Range()},
			})
		}
	}
	return blocks, diags
}

// members returns the members of a JSON object, none of what is no object.
func members(x hcl.Expression) []argument {
	pairs, diags := hcl.ExprMap(x)
	if diags.HasErrors() {
		return nil
	}
	var out []argument
	for _, p := range pairs {
		name, _ := p.Key.Value(nil)
		out = append(out, argument{knownString(name), p.Value})
	}
	return out
}

func oneOrList(x hcl.Expression) []hcl.Expression {
	if list, diags := hcl.ExprList(x); !diags.HasErrors() {
		return list
	}
	return []hcl.Expression{x}
}

// nativeExpr turns an expression in JSON syntax into one in native syntax:
// texts are templates, objects and lists are what they are.
func nativeExpr(x hcl.Expression) (hclsyntax.Expression, hcl.Diagnostics) {
	if native, ok := x.(hclsyntax.Expression); ok {
		return native, nil
	}
	// Without a context, JSON gives its texts as they stand.
	v, diags := x.Value(nil)
	if diags.HasErrors() {
		return &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: x.Range()}, diags
	}
	return nativeValue(v, x.Range())
}

func nativeValue(v cty.Value, at hcl.Range) (hclsyntax.Expression, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	literal := &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}
	if v.IsNull() || !v.IsKnown() {
		return literal, nil
	}
	switch t := v.Type(); {
	case t == cty.String:
		start := at.Start
		start.Byte++
		start.Column++ // the quote
		x, diags := parseTemplate([]byte(v.AsString()), at.Filename, start)
		if diags.HasErrors() {
			return &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: at}, diags
		}
		return x, nil
	case t.IsTupleType():
		list := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: at}
		for _, e := range v.AsValueSlice() {
			x, more := nativeValue(e, at)
			diags = append(diags, more...)
			list.Exprs = append(list.Exprs, x)
		}
		return list, diags
	case t.IsObjectType():
		object := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: at}
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			key, more := nativeValue(k, at)
			diags = append(diags, more...)
			x, more := nativeValue(e, at)
			diags = append(diags, more...)
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: x})
		}
		return object, diags
	}
	return literal, nil
}

// static returns what an argument names that is not evaluated: a provider, a
// type. JSON, and old native syntax, quote it.
func static(x hcl.Expression) hcl.Expression {
	if x == nil {
		return nil
	}
	v, diags := x.Value(nil)
	if diags.HasErrors() || knownString(v) == "" {
		return x
	}
	parsed, diags := parseExpression([]byte(knownString(v)), x.Range().Filename, x.Range().Start)
	if diags.HasErrors() {
		return x
	}
	return parsed
}
