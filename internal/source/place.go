package source

import (
	"github.com/parapet-dev/parapet/internal/resource"
)

// Place is where the code sets the attributes of a resource.
type Place struct {
	// Source points at the first of the attributes that the code sets, else at
	// the innermost block that would hold one, else at the resource's block.
	Source resource.Source

	resource   *resource.Resource
	code       *Code
	chain      []call
	module     *module
	key        string
	bodies     []item
	at         item
	attributes []spot
}

// spot is where one attribute is, or would be.
type spot struct {
	name string
	item
	depth int // how many steps of the path are there; zero is the resource's block
	exact bool
}

// Find locates attributes of a resource, given as [resource.Path] writes them.
// The values of the resource, where they are known, tell the blocks of a kind
// apart; of the resource only the address is required. It reports false when the
// code does not hold the resource.
func (c *Code) Find(r *resource.Resource, attributes []string) (*Place, bool) {
	m, chain, key := c.enter(r.Address)
	if m == nil {
		return nil, false
	}
	bodies := m.find(c, key)
	if len(bodies) == 0 {
		return nil, false
	}
	p := &Place{resource: r, code: c, chain: chain, module: m, key: key, bodies: bodies, at: bodies[0]}
	best := -1
	for i, name := range attributes {
		s := p.spot(name)
		p.attributes = append(p.attributes, s)
		if best < 0 || s.exact && !p.attributes[best].exact || s.exact == p.attributes[best].exact && !s.exact && s.depth > p.attributes[best].depth {
			best = i
		}
	}
	if best >= 0 {
		p.at = p.attributes[best].item
	}
	p.Source = resource.Source{File: p.at.file.shown, Line: p.at.name.Start.Line}
	for _, call := range chain {
		p.Source.Modules = append(p.Source.Modules, call.ModuleCall)
	}
	return p, true
}

func (p *Place) spot(attribute string) spot {
	path, err := resource.ParsePath(attribute)
	if err != nil || len(path) == 0 {
		return spot{name: attribute, item: p.bodies[0]}
	}
	var values any
	if p.resource.Values != nil {
		values = p.resource.Values
	}
	it, depth := descend(p.bodies, path, values)
	if depth == 0 && path[0] == "tags_all" { // what the provider makes of tags and the default tags
		path = append(resource.Path{"tags"}, path[1:]...)
		it, depth = descend(p.bodies, path, values)
	}
	return spot{name: attribute, item: it, depth: depth, exact: depth == len(path)}
}
