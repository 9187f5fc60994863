package input

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// groupsOf returns what each expression of a resource refers to, one group an
// expression: the resources among it decide together with each and count which
// instances are meant.
func (e *evaluator) groupsOf(o *object) [][]hcl.Traversal {
	groups, ok := e.groups[o]
	if !ok {
		groups = referenceGroups(o.block.Body, true)
		e.groups[o] = groups
	}
	return groups
}

func referenceGroups(body hcl.Body, top bool) [][]hcl.Traversal {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	var groups [][]hcl.Traversal
	for name, a := range native.Attributes {
		if !top || !metaNames[name] {
			if group := a.Expr.Variables(); len(group) > 0 {
				groups = append(groups, group)
			}
		}
	}
	for _, b := range native.Blocks {
		if !top || !metaNames[b.Type] {
			groups = append(groups, referenceGroups(b.Body, false)...)
		}
	}
	return groups
}

// references returns the addresses that an instance refers to. Locals, the
// arguments of module calls and the outputs of modules are followed.
func (e *evaluator) references(o *object, groups [][]hcl.Traversal, i evaluatedInstance) []string {
	w := refWalk{found: map[string]bool{}, seen: map[refVisit]bool{}}
	for _, g := range groups {
		w.follow(e, g, "", refInstance{i.key, forEachOf(o.block.Body)}, 0)
	}
	if len(w.found) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(w.found))
}

// refWalk follows the references of one resource instance.
type refWalk struct {
	found map[string]bool
	seen  map[refVisit]bool
}

type refVisit struct {
	module *evaluator
	what   string
	key    string
}

// refInstance is what each and count mean in an expression.
type refInstance struct {
	key     string
	forEach []hcl.Traversal
}

// forEachOf returns what for_each of a block refers to.
func forEachOf(body hcl.Body) []hcl.Traversal {
	content, _, _ := body.PartialContent(metaSchema)
	if a := content.Attributes["for_each"]; a != nil {
		return a.Expr.Variables()
	}
	return nil
}

// follow adds what the names of one expression mean in a module instance. A
// key narrows references that have none.
func (w *refWalk) follow(e *evaluator, group []hcl.Traversal, key string, in refInstance, depth int) {
	if depth > maxNested {
		return
	}
	if key == "" && slices.ContainsFunc(group, func(t hcl.Traversal) bool { return t.RootName() == "each" || t.RootName() == "count" }) {
		key = in.key
	}
	for _, t := range group {
		root, name := t.RootName(), step(t, 1)
		switch root {
		case "each":
			if w.first(e, "each", in.key) {
				w.follow(e, in.forEach, in.key, refInstance{}, depth+1)
			}
		case "local":
			if a := e.module.locals[name]; a != nil && w.first(e, "local."+name, key) {
				w.follow(e, a.Expr.Variables(), key, refInstance{}, depth+1)
			}
		case "var":
			w.argument(e, name, depth)
		case "module":
			w.output(e, t, key, depth)
		default:
			w.target(e, t, key)
		}
	}
}

// first reports whether something was not followed before.
func (w *refWalk) first(e *evaluator, what, key string) bool {
	v := refVisit{e, what, key}
	if w.seen[v] {
		return false
	}
	w.seen[v] = true
	return true
}

// argument follows a variable into the call of the module.
func (w *refWalk) argument(e *evaluator, name string, depth int) {
	if e.parent == nil || !w.first(e, "var."+name, "") {
		return
	}
	attributes, _ := e.call.Body.JustAttributes()
	if a := attributes[name]; a != nil {
		w.follow(e.parent, a.Expr.Variables(), "", refInstance{e.in.key, forEachOf(e.call.Body)}, depth+1)
	}
}

// output follows module.NAME[KEY].OUTPUT into the module, into each of its
// instances when the key does not tell which.
func (w *refWalk) output(e *evaluator, t hcl.Traversal, key string, depth int) {
	name := step(t, 1)
	c := e.children[name]
	if c == nil {
		return
	}
	calls := map[string]map[string]bool{}
	noteOutput(calls, t)
	own := indexKey(t, 2)
	if own == "" {
		own = key
	}
	narrow := slices.ContainsFunc(c.instances, func(i evaluatedInstance) bool { return own != "" && i.key == own })
	for i, m := range c.modules {
		if narrow && c.instances[i].key != own {
			continue
		}
		for output := range m.module.outputs {
			if !calls[name][""] && !calls[name][output] || !w.first(m, "output."+output, "") {
				continue
			}
			attributes, _ := m.module.outputs[output].Body.JustAttributes()
			if a := attributes["value"]; a != nil {
				w.follow(m, a.Expr.Variables(), "", refInstance{}, depth+1)
			}
		}
	}
}

// target adds a resource. Without a key of its own the reference means the
// instance with the given key if there is one, else every instance.
func (w *refWalk) target(e *evaluator, t hcl.Traversal, key string) {
	address := t.RootName() + "." + step(t, 1)
	target := e.objects[address]
	if target == nil || e.module.objects[address] == nil {
		return
	}
	own := indexKey(t, 2)
	if own == "" {
		own = key
	}
	if slices.ContainsFunc(target.instances, func(i evaluatedInstance) bool { return own != "" && i.key == own }) {
		address += own
	}
	w.found[join(e.address, address)] = true
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
