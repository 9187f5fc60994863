package source

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/parapet-dev/parapet/internal/resource"
)

// item is a construct of the code: a block, an attribute, a member of an object
// or an element of a list. One with a body is a block of the native syntax; any
// other has an expression, which in JSON may stand for a block.
type item struct {
	file    *file
	name    hcl.Range // what a reader is pointed at: a name, a key, the first word of a header
	whole   hcl.Range
	body    *hclsyntax.Body
	expr    hcl.Expression
	dynamic bool // stands for any number of blocks or elements
}

// member is an item with the key that leads to it.
type member struct {
	key string
	item
}

// descend follows a path from the bodies of one block, of which later ones
// override earlier ones. It returns the deepest construct that is there and how
// many steps lead to it. The value of the block, where known, tells the blocks
// of a kind apart.
func descend(bodies []item, p resource.Path, value any) (item, int) {
	self := bodies[0]
	if len(p) == 0 {
		return self, 0
	}
	name, ok := p[0].(string)
	if !ok {
		return self, 0
	}
	if list, ok := value.([]any); ok && len(list) == 1 { // the one block of a kind, named without index
		value = list[0]
	}
	for _, b := range slices.Backward(bodies) {
		found := b.members(name)
		if len(found) == 0 {
			continue
		}
		below, _ := resource.Lookup(value, resource.Path{name})
		it, depth, ok := within(found, p[1:], below)
		if !ok {
			return self, 0
		}
		return it, depth + 1
	}
	return self, 0
}

// within follows a path from the constructs of one name. It reports false when
// the path asks for a block that is not there.
func within(found []item, p resource.Path, value any) (item, int, bool) {
	first := found[0]
	if len(p) == 0 {
		return first, 0, true
	}
	index, ok := p[0].(int)
	if !ok {
		it, depth := descend(found[:1], p, value)
		return it, depth, true
	}
	var elements []item
	for _, f := range found {
		elements = append(elements, f.elements()...)
	}
	chosen, ok := choose(elements, index, value)
	if !ok {
		return first, 0, first.body == nil
	}
	below, _ := resource.Lookup(value, resource.Path{index})
	if len(p) == 1 {
		return chosen, 1, true
	}
	if _, list := p[1].(int); list { // a list in a list
		it, depth, _ := within([]item{chosen}, p[1:], below)
		return it, depth + 1, true
	}
	it, depth := descend([]item{chosen}, p[1:], below)
	return it, depth + 1, true
}

// members returns the attribute or the blocks of a name.
func (it item) members(name string) []item {
	if it.body == nil {
		return it.jsonMembers(name)
	}
	if a := it.body.Attributes[name]; a != nil {
		return []item{{file: it.file, name: a.NameRange, whole: a.SrcRange, expr: a.Expr}}
	}
	var found []item
	for _, b := range it.body.Blocks {
		switch {
		case b.Type == name && b.Type != "dynamic":
			found = append(found, it.file.block(b))
		case b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == name:
			d := it.file.block(b)
			d.dynamic = true
			for _, content := range b.Body.Blocks {
				if content.Type == "content" {
					d.body = content.Body
				}
			}
			found = append(found, d)
		}
	}
	return found
}

// jsonMembers returns the member of a name of an object, in JSON also of its
// dynamic blocks. The last of several members counts.
func (it item) jsonMembers(name string) []item {
	var found []item
	for _, m := range slices.Backward(it.pairs()) {
		if m.key == name {
			found = []item{m.item}
			break
		}
	}
	if !it.file.json {
		return found
	}
	for _, d := range it.pairs() {
		if d.key != "dynamic" {
			continue
		}
		for _, group := range d.elements() {
			for _, kind := range group.pairs() {
				if kind.key != name {
					continue
				}
				for _, e := range kind.elements() {
					e.name, e.whole, e.dynamic = kind.name, kind.whole, true
					for _, part := range e.pairs() {
						if part.key == "content" {
							e.expr = part.expr
						}
					}
					found = append(found, e)
				}
			}
		}
	}
	return found
}

// elements returns the elements of a list; of anything else, itself.
func (it item) elements() []item {
	if it.body != nil || it.dynamic {
		return []item{it}
	}
	switch e := unwrap(it.expr).(type) {
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "concat" && !e.ExpandFinal {
			var all []item
			for _, arg := range e.Args {
				part := it.at(arg)
				if len(listOf(arg)) == 0 {
					part.dynamic = true
				}
				all = append(all, part.elements()...)
			}
			return all
		}
		return nil
	case *hclsyntax.ForExpr:
		if e.KeyExpr == nil {
			one := it.at(e.ValExpr)
			one.dynamic = true
			return []item{one}
		}
		return nil
	case nil:
		return nil
	default:
		if pairs, diags := hcl.ExprMap(e); !diags.HasErrors() && pairs != nil {
			return []item{it}
		}
	}
	var all []item
	for _, e := range listOf(it.expr) {
		all = append(all, it.at(e))
	}
	return all
}

// at is an item for an expression that has no name of its own.
func (it item) at(e hcl.Expression) item {
	return item{file: it.file, name: e.Range(), whole: e.Range(), expr: e}
}

func listOf(e hcl.Expression) []hcl.Expression {
	list, diags := hcl.ExprList(unwrap(e))
	if diags.HasErrors() {
		return nil
	}
	return list
}

// pairs returns the members of an object in the order of the code. Members that
// merge() adds follow those that they are added to. A key that is not constant
// has no name.
func (it item) pairs() []member {
	e := unwrap(it.expr)
	if f, ok := e.(*hclsyntax.FunctionCallExpr); ok && f.Name == "merge" {
		var all []member
		for _, arg := range f.Args {
			all = append(all, it.at(arg).pairs()...)
		}
		return all
	}
	if e == nil {
		return nil
	}
	list, diags := hcl.ExprMap(e)
	if diags.HasErrors() {
		return nil
	}
	all := make([]member, 0, len(list))
	for _, p := range list {
		key, _ := literal(p.Key)
		if key == "//" && it.file.json {
			continue // a comment
		}
		all = append(all, member{key, item{
			file: it.file, name: p.Key.Range(), whole: hcl.RangeBetween(p.Key.Range(), p.Value.Range()), expr: p.Value,
		}})
	}
	return all
}

// transparent are functions whose result has the shape of their argument, or is
// a text of it.
func transparent(name string) bool {
	switch name {
	case "jsonencode", "yamlencode", "tolist", "toset", "tomap", "sensitive", "nonsensitive":
		return true
	}
	return false
}

// unwrap removes parentheses, templates of one expression and functions that
// keep the shape.
func unwrap(e hcl.Expression) hcl.Expression {
	for {
		switch x := e.(type) {
		case *hclsyntax.ParenthesesExpr:
			e = x.Expression
		case *hclsyntax.TemplateWrapExpr:
			e = x.Wrapped
		case *hclsyntax.FunctionCallExpr:
			if !transparent(x.Name) || len(x.Args) != 1 {
				return e
			}
			e = x.Args[0]
		default:
			return e
		}
	}
}

// constant evaluates an expression that refers to nothing and calls nothing.
func constant(e hcl.Expression) (v cty.Value, ok bool) {
	if e == nil {
		return cty.NilVal, false
	}
	v, diags := e.Value(nil)
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return cty.NilVal, false
	}
	return v, true
}

// maxBits is how large a number is looked at: no value of a resource comes near.
const maxBits = 1 << 15

// literal returns a constant that is a text, or a number or boolean as text.
func literal(e hcl.Expression) (string, bool) {
	v, ok := constant(e)
	if !ok || v.IsNull() || !v.Type().IsPrimitiveType() {
		return "", false
	}
	if v.Type() == cty.Number {
		// Written out, a number has as many digits as its exponent says.
		if e := v.AsBigFloat().MantExp(nil); e > maxBits || e < -maxBits {
			return "", false
		}
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", false
	}
	return s.AsString(), true
}
