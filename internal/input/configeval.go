package input

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/parapet-dev/parapet/internal/resource"
)

// sensitive marks values of sensitive variables.
const sensitive = "sensitive"

// evaluator gives the expressions of one module instance their values.
// Everything is evaluated when something first asks for it.
type evaluator struct {
	*program
	node      *node
	module    *module
	parent    *evaluator // nil for the root
	name      string     // of the call in the parent
	call      *hcl.Block
	in        evaluatedInstance // of the call
	address   string            // with instance keys, empty for the root
	variables map[string]cty.Value
	locals    map[string]cty.Value
	outputs   map[string]cty.Value
	objects   map[string]*evaluated
	children  map[string]*evaluatedCall
	providers map[string]providerFacts
	groups    map[*object][][]hcl.Traversal
	active    map[string]bool // what is being evaluated, to find cycles
}

// bindings are the names that exist only at one place: each, count and the
// iterators of dynamic blocks.
type bindings map[string]cty.Value

func newEvaluator(p *program) *evaluator {
	return &evaluator{
		program: p, node: p.root, module: p.root.module,
		variables: map[string]cty.Value{}, locals: map[string]cty.Value{}, outputs: map[string]cty.Value{},
		objects: map[string]*evaluated{}, children: map[string]*evaluatedCall{}, providers: map[string]providerFacts{},
		groups: map[*object][][]hcl.Traversal{}, active: map[string]bool{},
	}
}

func (p *program) fail(at hcl.Range, summary, format string, args ...any) {
	p.diags = append(p.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at, Extra: evaluation{},
	})
}

// enter notes that something is being evaluated, and fails on a cycle.
func (e *evaluator) enter(what string, at hcl.Range) bool {
	if e.active[what] {
		e.fail(at, "Reference cycle", "%s refers to itself, if only through others.", join(e.address, what))
		return false
	}
	e.active[what] = true
	return true
}

// expr evaluates an expression. What cannot be evaluated is reported and
// counts as unknown.
func (e *evaluator) expr(x hcl.Expression, local bindings) cty.Value {
	if e.limits.spent() {
		return cty.DynamicVal
	}
	if e.depth++; e.depth > maxNested {
		e.fail(x.Range(), "Too many references", "What this refers to refers to something else, more than %d times.", maxNested)
		e.depth--
		return cty.DynamicVal
	}
	defer func() { e.depth-- }()
	ctx := &hcl.EvalContext{Functions: e.functions, Variables: e.scope(x, local)}
	v, diags := e.value(x, ctx)
	if diags.HasErrors() {
		for _, d := range diags {
			d.Extra = evaluation{}
		}
		e.diags = append(e.diags, diags...)
		return cty.DynamicVal
	}
	return v
}

// value evaluates an expression within the limits. HCL and its functions are
// not trusted to survive every input.
func (p *program) value(x hcl.Expression, ctx *hcl.EvalContext) (v cty.Value, diags hcl.Diagnostics) {
	defer func() {
		if r := recover(); r != nil {
			v = cty.DynamicVal
			if _, ours := r.(exhausted); !ours {
				p.fail(x.Range(), "Expression cannot be evaluated", "The evaluation failed: %v.", r)
			}
		}
	}()
	v, diags = x.Value(ctx)
	if !diags.HasErrors() {
		p.limits.measure(v)
	}
	return v, diags
}

// constant evaluates an expression that may use no names.
func (p *program) constant(x hcl.Expression) cty.Value {
	v, diags := p.value(x, nil)
	p.diags = append(p.diags, diags...)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	return v
}

// scope gathers the names that an expression uses.
func (e *evaluator) scope(x hcl.Expression, local bindings) map[string]cty.Value {
	vars := map[string]cty.Value{}
	plain := map[string]map[string]cty.Value{} // var, local
	tree := map[string]map[string]cty.Value{}  // resource type → name → value
	data := map[string]map[string]cty.Value{}
	calls := map[string]map[string]bool{} // module call → outputs
	for _, t := range x.Variables() {
		root, name := t.RootName(), step(t, 1)
		if v, ok := local[root]; ok {
			vars[root] = v
			continue
		}
		switch root {
		case "var", "local":
			if plain[root] == nil {
				plain[root] = map[string]cty.Value{}
			}
			value := e.variable
			if root == "local" {
				value = e.local
			}
			if v, ok := value(name); ok {
				plain[root][name] = v
			}
		case "path":
			vars[root] = cty.ObjectVal(map[string]cty.Value{
				"module": cty.StringVal(e.module.dir), "root": cty.StringVal("."), "cwd": cty.UnknownVal(cty.String),
			})
		case "terraform", "tofu":
			vars[root] = cty.ObjectVal(map[string]cty.Value{
				"workspace": cty.StringVal(e.workspace), "applying": cty.UnknownVal(cty.Bool),
			})
		case "module":
			noteOutput(calls, t)
		case "ephemeral", "provider":
			vars[root] = cty.DynamicVal
		case "each", "count", "self":
			// Not bound here: HCL reports it.
		case "data":
			vars[root] = cty.EmptyObjectVal
			e.reference(data, name, step(t, 2), true, t.SourceRange())
		default:
			vars[root] = cty.EmptyObjectVal
			e.reference(tree, root, name, false, t.SourceRange())
		}
	}
	for root, values := range plain {
		vars[root] = cty.ObjectVal(values)
	}
	if len(calls) > 0 {
		vars["module"] = e.callViews(calls)
	}
	for kind, names := range tree {
		vars[kind] = cty.ObjectVal(names)
	}
	if len(data) > 0 {
		kinds := map[string]cty.Value{}
		for kind, names := range data {
			kinds[kind] = cty.ObjectVal(names)
		}
		vars["data"] = cty.ObjectVal(kinds)
	}
	return vars
}

// reference evaluates a resource or data source that an expression names.
func (e *evaluator) reference(tree map[string]map[string]cty.Value, kind, name string, data bool, at hcl.Range) {
	if kind == "" || name == "" {
		return
	}
	o := object{data: data, kind: kind, name: name}
	declared := e.module.objects[o.address()]
	if declared == nil {
		return // HCL reports that there is no such attribute
	}
	if tree[kind] == nil {
		tree[kind] = map[string]cty.Value{}
	}
	tree[kind][name] = e.viewOf(e.object(declared, at))
}

// step returns the name at a position of a traversal, empty when there is
// none.
func step(t hcl.Traversal, i int) string {
	if i < len(t) {
		switch s := t[i].(type) {
		case hcl.TraverseAttr:
			return s.Name
		case hcl.TraverseIndex:
			return knownString(s.Key)
		}
	}
	return ""
}

func (e *evaluator) local(name string) (cty.Value, bool) {
	if v, ok := e.locals[name]; ok {
		return v, true
	}
	a := e.module.locals[name]
	if a == nil {
		return cty.NilVal, false
	}
	if !e.enter("local."+name, a.NameRange) {
		return cty.DynamicVal, true
	}
	v := e.expr(a.Expr, nil)
	delete(e.active, "local."+name)
	e.locals[name] = v
	return v, true
}

// resources evaluates every managed resource of the module and of those that
// it calls.
func (e *evaluator) resources() []*resource.Resource {
	var out []*resource.Resource
	for _, address := range slices.Sorted(maps.Keys(e.module.objects)) {
		if o := e.module.objects[address]; !o.data && !e.limits.spent() {
			out = append(out, e.export(o, e.object(o, o.block.DefRange))...)
		}
	}
	// An error in a variable, a local or an output is one even when nothing uses
	// it.
	for _, name := range slices.Sorted(maps.Keys(e.module.variables)) {
		e.variable(name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.module.locals)) {
		e.local(name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.module.outputs)) {
		e.output(name)
	}
	for _, name := range slices.Sorted(maps.Keys(e.module.calls)) {
		if c := e.child(name); c != nil {
			for _, m := range c.modules {
				out = append(out, m.resources()...)
			}
		}
	}
	return out
}

// evaluated is a resource or data source with its instances.
type evaluated struct {
	mode      expandMode
	instances []evaluatedInstance
	view      cty.Value // what expressions see; NilVal before the first asks
}

type evaluatedInstance struct {
	key   string // with brackets
	value cty.Value
	local bindings
}

// object evaluates a resource or data source, once.
func (e *evaluator) object(o *object, at hcl.Range) *evaluated {
	address := o.address()
	if done := e.objects[address]; done != nil {
		return done
	}
	if !e.enter(address, at) {
		return &evaluated{view: cty.DynamicVal}
	}
	x := e.expand(o.block.Body, address, o.data)
	done := &evaluated{mode: x.mode}
	for _, i := range x.instances {
		if e.limits.spent() {
			break
		}
		if o.data {
			i.value = e.dataSource(o, i.local)
		} else {
			i.value = e.conform(o.kind, e.body(o.block.Body, i.local, true))
		}
		done.instances = append(done.instances, i)
	}
	delete(e.active, address)
	e.objects[address] = done
	return done
}

// viewOf is what expressions see of a resource or data source.
func (e *evaluator) viewOf(done *evaluated) cty.Value {
	if done.view == cty.NilVal {
		views := make([]cty.Value, len(done.instances))
		for i := range views {
			views[i] = e.view(done.instances[i].value)
		}
		done.view = gather(done.mode, done.instances, views)
	}
	return done.view
}

// gather makes one value of those of the instances of a block.
func gather(mode expandMode, instances []evaluatedInstance, views []cty.Value) cty.Value {
	switch {
	case mode == single && len(views) == 1:
		return views[0]
	case mode == byCount:
		return cty.TupleVal(views)
	case mode == byKey:
		byKey := map[string]cty.Value{}
		for i, v := range views {
			if each, ok := instances[i].local["each"]; ok && each.Type().IsObjectType() {
				byKey[knownString(each.GetAttr("key"))] = v
			}
		}
		return cty.ObjectVal(byKey)
	}
	return cty.DynamicVal
}
