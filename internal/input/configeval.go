package input

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/parapet-dev/parapet/internal/resource"
)

// sensitive marks values of sensitive variables.
const sensitive = "sensitive"

// evaluator gives the expressions of a module their values. Locals and
// resources are evaluated when something first asks for them.
type evaluator struct {
	module    *module
	functions map[string]function.Function
	variables cty.Value
	locals    map[string]cty.Value
	objects   map[string]*evaluated
	providers map[string]providerFacts
	active    map[string]bool // what is being evaluated, to find cycles
	diags     hcl.Diagnostics
}

// bindings are the names that exist only at one place: each, count and the
// iterators of dynamic blocks.
type bindings map[string]cty.Value

func newEvaluator(m *module) *evaluator {
	e := &evaluator{
		module: m, functions: configFunctions(m.files), locals: map[string]cty.Value{},
		objects: map[string]*evaluated{}, providers: map[string]providerFacts{}, active: map[string]bool{},
	}
	values := map[string]cty.Value{}
	for _, name := range slices.Sorted(maps.Keys(m.variables)) {
		values[name] = e.variable(name, m.variables[name])
	}
	e.variables = cty.ObjectVal(values)
	return e
}

func (e *evaluator) fail(at hcl.Range, summary, format string, args ...any) {
	e.diags = append(e.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at, Extra: evaluation{},
	})
}

// enter notes that something is being evaluated, and fails on a cycle.
func (e *evaluator) enter(what string, at hcl.Range) bool {
	if e.active[what] {
		e.fail(at, "Reference cycle", "%s refers to itself, if only through others.", what)
		return false
	}
	e.active[what] = true
	return true
}

// expr evaluates an expression. What cannot be evaluated is reported and
// counts as unknown.
func (e *evaluator) expr(x hcl.Expression, local bindings) cty.Value {
	ctx := &hcl.EvalContext{Functions: e.functions, Variables: e.scope(x, local)}
	v, diags := x.Value(ctx)
	if diags.HasErrors() {
		for _, d := range diags {
			d.Extra = evaluation{}
		}
		e.diags = append(e.diags, diags...)
		return cty.DynamicVal
	}
	return v
}

// scope gathers the names that an expression uses.
func (e *evaluator) scope(x hcl.Expression, local bindings) map[string]cty.Value {
	vars := map[string]cty.Value{}
	locals := map[string]cty.Value{}
	tree := map[string]map[string]cty.Value{} // resource type → name → value
	data := map[string]map[string]cty.Value{}
	for _, t := range x.Variables() {
		root := t.RootName()
		if v, ok := local[root]; ok {
			vars[root] = v
			continue
		}
		switch root {
		case "var":
			vars[root] = e.variables
		case "path":
			vars[root] = cty.ObjectVal(map[string]cty.Value{
				"module": cty.StringVal("."), "root": cty.StringVal("."), "cwd": cty.StringVal("."),
			})
		case "terraform":
			vars[root] = cty.ObjectVal(map[string]cty.Value{"workspace": cty.StringVal("default")})
		case "local":
			if name := step(t, 1); name != "" {
				if v, ok := e.local(name); ok {
					locals[name] = v
				}
			}
			vars[root] = cty.EmptyObjectVal
		case "module", "ephemeral":
			vars[root] = cty.DynamicVal
		case "each", "count", "self":
			// Not bound here: HCL reports it.
		case "data":
			vars[root] = cty.EmptyObjectVal
			e.reference(data, step(t, 1), step(t, 2), true, t.SourceRange())
		default:
			vars[root] = cty.EmptyObjectVal
			e.reference(tree, root, step(t, 1), false, t.SourceRange())
		}
	}
	if len(locals) > 0 {
		vars["local"] = cty.ObjectVal(locals)
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
	tree[kind][name] = e.object(declared, at).view
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

// resources evaluates every managed resource.
func (e *evaluator) resources() []*resource.Resource {
	var out []*resource.Resource
	for _, address := range slices.Sorted(maps.Keys(e.module.objects)) {
		if o := e.module.objects[address]; !o.data {
			out = append(out, e.export(o, e.object(o, o.block.DefRange))...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.module.locals)) {
		e.local(name) // an error in a local is one even when nothing uses it
	}
	return out
}

// evaluated is a resource or data source with its instances.
type evaluated struct {
	instances []evaluatedInstance
	view      cty.Value // what expressions see
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
	done := &evaluated{}
	x := e.expand(o)
	views := map[string]cty.Value{}
	var list []cty.Value
	for _, i := range x.instances {
		if o.data {
			i.value = e.dataSource(o, i.local)
		} else {
			i.value = e.managed(o, i.local)
		}
		done.instances = append(done.instances, i)
		view := e.view(i.value)
		list = append(list, view)
		if each, ok := i.local["each"]; ok && each.Type().IsObjectType() {
			views[knownString(each.GetAttr("key"))] = view
		}
	}
	switch x.mode {
	case single:
		done.view = list[0]
	case byCount:
		done.view = cty.TupleVal(list)
	case byKey:
		done.view = cty.ObjectVal(views)
	case undecided:
		done.view = cty.DynamicVal
	}
	delete(e.active, address)
	e.objects[address] = done
	return done
}

// variable returns the value of a variable: from a file of values, else its
// default, else unknown.
func (e *evaluator) variable(name string, b *hcl.Block) cty.Value {
	content, _, diags := b.Body.PartialContent(variableSchema)
	e.diags = append(e.diags, diags...)
	want, defaults := e.variableType(content.Attributes["type"])
	v := cty.UnknownVal(want)
	x := e.module.values[name]
	if x == nil && content.Attributes["default"] != nil {
		x = content.Attributes["default"].Expr
	}
	if x != nil {
		given, diags := x.Value(nil)
		e.diags = append(e.diags, diags...)
		if defaults != nil && !given.IsNull() {
			given = defaults.Apply(given)
		}
		var err error
		if v, err = convert.Convert(given, want); err != nil {
			e.fail(x.Range(), "Invalid value for variable", "The value of var.%s does not fit its type: %s.", name, err)
			v = cty.UnknownVal(want)
		}
	}
	if a := content.Attributes["sensitive"]; a != nil {
		if s, _ := a.Expr.Value(nil); isTrue(s) {
			v = v.Mark(sensitive)
		}
	}
	return v
}

var variableSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{
	{Name: "type"}, {Name: "default"}, {Name: "sensitive"},
}}
