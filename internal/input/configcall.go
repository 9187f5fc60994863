package input

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluatedCall is a module block with its instances.
type evaluatedCall struct {
	mode      expandMode
	instances []evaluatedInstance
	modules   []*evaluator // one an instance
}

// moduleArguments are the arguments of a module block that are Terraform's
// own.
var moduleArguments = map[string]bool{
	"source": true, "version": true, "count": true, "for_each": true, "providers": true, "depends_on": true, "enabled": true,
}

// child expands a module call, once. It is nil when the module was not loaded.
func (e *evaluator) child(name string) *evaluatedCall {
	if c, ok := e.children[name]; ok {
		return c
	}
	block, n := e.module.calls[name], e.node.children[name]
	if block == nil || n == nil {
		return nil
	}
	what := "module." + name
	if !e.enter(what, block.DefRange) {
		return nil
	}
	defer delete(e.active, what)
	x := e.expand(block.Body, what, false)
	c := &evaluatedCall{mode: x.mode, instances: x.instances}
	for _, i := range x.instances {
		m := newEvaluator(e.program)
		m.node, m.module, m.parent, m.name, m.call, m.in = n, n.module, e, name, block, i
		m.address = join(e.address, what+i.key)
		c.modules = append(c.modules, m)
	}
	e.children[name] = c
	e.checkArguments(name, n)
	return c
}

// checkArguments reports arguments that a module has no variable for, which
// Terraform refuses too.
func (e *evaluator) checkArguments(name string, n *node) {
	attributes, _ := e.module.calls[name].Body.JustAttributes()
	for _, argument := range slices.Sorted(maps.Keys(attributes)) {
		if !moduleArguments[argument] && n.module.variables[argument] == nil {
			e.fail(attributes[argument].NameRange, "Unsupported argument", "The module %q has no variable %q.", name, argument)
		}
	}
}

// noteOutput notes which outputs of which module a traversal reads; the empty
// name means all.
func noteOutput(calls map[string]map[string]bool, t hcl.Traversal) {
	name, output := step(t, 1), ""
	if len(t) > 2 {
		switch s := t[2].(type) {
		case hcl.TraverseAttr:
			output = s.Name
		case hcl.TraverseIndex:
			// module.NAME[KEY].OUTPUT, and module.NAME["OUTPUT"]
			if len(t) > 3 {
				output = step(t, 3)
			}
		}
	}
	if calls[name] == nil {
		calls[name] = map[string]bool{}
	}
	calls[name][output] = true
}

// callViews is the value of the name module, with the outputs that are read.
func (e *evaluator) callViews(calls map[string]map[string]bool) cty.Value {
	views := map[string]cty.Value{}
	for name, outputs := range calls {
		if e.module.calls[name] == nil {
			continue // HCL reports it
		}
		c := e.child(name)
		if c == nil {
			views[name] = cty.DynamicVal
			continue
		}
		list := make([]cty.Value, len(c.modules))
		for i, m := range c.modules {
			list[i] = m.outputView(outputs)
		}
		views[name] = gather(c.mode, c.instances, list)
	}
	return cty.ObjectVal(views)
}

func (e *evaluator) outputView(want map[string]bool) cty.Value {
	values := map[string]cty.Value{}
	_, single := e.module.outputs[""]
	all := want[""] || single
	for name := range want {
		all = all || e.module.outputs[name] == nil
	}
	for name := range e.module.outputs {
		if all || want[name] {
			values[name] = e.output(name)
		}
	}
	return cty.ObjectVal(values)
}

// output evaluates an output, once.
func (e *evaluator) output(name string) cty.Value {
	if v, ok := e.outputs[name]; ok {
		return v
	}
	b := e.module.outputs[name]
	attributes, _ := b.Body.JustAttributes()
	a := attributes["value"]
	if a == nil {
		return cty.DynamicVal
	}
	if !e.enter("output."+name, b.DefRange) {
		return cty.DynamicVal
	}
	v := e.expr(a.Expr, nil)
	delete(e.active, "output."+name)
	if s := attributes["sensitive"]; s != nil {
		if secret, _ := s.Expr.Value(nil); isTrue(secret) {
			v = v.Mark(sensitive)
		}
	}
	e.outputs[name] = v
	return v
}

// passed returns the provider of the parent that a call hands to a module as
// its own, and whether it does.
func (e *evaluator) passed(key string) (providerFacts, bool) {
	attributes, _ := e.call.Body.JustAttributes()
	if a := attributes["providers"]; a != nil {
		pairs, _ := hcl.ExprMap(bare(a.Expr))
		for _, p := range pairs {
			if providerKey(p.Key) == key {
				return e.parent.provider(providerKey(p.Value)), true
			}
		}
	}
	return providerFacts{}, false
}

// bare is an expression without the mark that it comes from JSON.
func bare(x hcl.Expression) hcl.Expression {
	if j, ok := x.(*jsonArgument); ok {
		return j.Expression
	}
	return x
}

// providerKey reads the name of a provider: aws, aws.us. One that cannot be
// told, such as aws.by_region[each.key], is the empty text.
func providerKey(x hcl.Expression) string {
	x = bare(x)
	if k, ok := x.(*hclsyntax.ObjectConsKeyExpr); ok {
		x = k.Wrapped
	}
	t, diags := hcl.AbsTraversalForExpr(static(x))
	if diags.HasErrors() || len(t) > 2 {
		return ""
	}
	if alias := step(t, 1); alias != "" {
		return t.RootName() + "." + alias
	}
	return t.RootName()
}
