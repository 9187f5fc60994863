package input

import (
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// maxReferenceDepth bounds the chain of variables and outputs that one
// reference is followed through.
const maxReferenceDepth = 16

// references returns the addresses of the resources that an instance refers
// to, sorted. References through module variables and outputs are followed. A
// local value hides what it refers to: plans do not hold locals.
//
// An expression that uses each.key, each.value or count.index together with a
// resource means the instance of the same key where there is one.
func (t *planTree) references(s *scope, r *planResource, key string) []string {
	w := walk{tree: t, seen: map[visit]bool{}, found: map[string]bool{}}
	for _, e := range r.uses {
		w.follow(s, e.references, "", instance{key, r.forEach.references}, 0)
	}
	if len(w.found) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(w.found))
}

// walk follows the references of one resource instance.
type walk struct {
	tree  *planTree
	seen  map[visit]bool
	found map[string]bool
}

type visit struct{ module, ref, key string }

// instance is what each and count mean in an expression: the key, and what
// for_each refers to.
type instance struct {
	key     string
	forEach []string
}

// follow adds what the references of one expression mean in a module
// instance. A key narrows references that name none.
func (w *walk) follow(s *scope, refs []string, key string, in instance, depth int) {
	if depth > maxReferenceDepth {
		return
	}
	if key == "" && slices.ContainsFunc(refs, perInstance) {
		key = in.key
	}
	for _, ref := range refs {
		v := visit{s.address, ref, key}
		if w.seen[v] {
			continue
		}
		w.seen[v] = true
		steps := resource.SplitAddress(ref)
		root, _ := resource.SplitKey(steps[0])
		switch {
		case root == "each":
			w.follow(s, in.forEach, in.key, instance{}, depth+1)
		case len(steps) < 2 || notResources[root]:
		case root == "var":
			name, _ := resource.SplitKey(steps[1])
			if s.parent != nil {
				argument := s.call.arguments[name]
				for _, e := range argument.uses(nil) {
					w.follow(s.parent, e.references, "", instance{s.key, s.call.forEach.references}, depth+1)
				}
			}
		case root == "module":
			w.followOutput(s, steps, key, depth)
		default:
			w.found[w.tree.target(s, steps[0]+"."+steps[1], key)] = true
		}
	}
}

// notResources are the roots of references to what is no managed resource.
var notResources = map[string]bool{
	"data": true, "local": true, "count": true, "path": true, "terraform": true, "self": true, "ephemeral": true,
}

// followOutput follows module.NAME[KEY].OUTPUT into the module.
func (w *walk) followOutput(s *scope, steps []string, key string, depth int) {
	if len(steps) < 3 {
		return
	}
	step := steps[1]
	if _, own := resource.SplitKey(step); own == "" && key != "" && w.tree.hasModule(join(s.address, "module."+step+key)) {
		step += key
	}
	child := w.tree.child(s, step)
	if child == nil {
		return
	}
	name, _ := resource.SplitKey(steps[2])
	output := child.module.outputs[name]
	for _, e := range output.uses(nil) {
		w.follow(child, e.references, "", instance{}, depth+1)
	}
}

// hasModule reports whether the plan changes a resource in a module instance.
func (t *planTree) hasModule(address string) bool {
	_, ok := t.scopes[address]
	return ok
}

// target makes a reference absolute. Without a key of its own it means the
// instance with the given key if there is one, else every instance.
func (t *planTree) target(s *scope, ref, key string) string {
	address := join(s.address, ref)
	if key != "" && !strings.HasSuffix(address, "]") && t.addresses[address+key] {
		return address + key
	}
	return address
}

func perInstance(ref string) bool {
	return strings.HasPrefix(ref, "each.") || strings.HasPrefix(ref, "count.")
}
