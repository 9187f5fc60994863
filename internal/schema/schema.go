package schema

import (
	_ "embed"
	"slices"
	"sync"
)

//go:embed aws.bin
var embedded []byte

// AWS returns the provider that is embedded. It is read once, in a few
// milliseconds.
var AWS = sync.OnceValues(func() (*Provider, error) { return open(embedded) })

// Provider holds the resource types of one version of a provider. It is safe
// for concurrent use.
type Provider struct {
	Name    string // prefix of its resource types: "aws"
	Version string
	names   []string // every attribute name, sorted
	types   []string // every resource type, sorted
	roots   []int    // per type, its block
	data    []string // every data source, sorted; many share a name with a resource type
	// dataRoots are the blocks of data.
	dataRoots []int
	blocks    [][]byte // encoded
}

// Kind is the kind of value that an attribute holds, in Terraform's words.
type Kind byte

// Kinds. A nested block is a list or a set of objects, or an object.
const (
	String Kind = iota
	Number
	Bool
	Dynamic // anything
	List
	Set
	Map
	Object
)

func (k Kind) String() string {
	return [...]string{"string", "number", "bool", "value of any type", "list", "set", "map", "object"}[k]
}

// Attribute is an attribute, a nested block, or an element or member of one.
type Attribute struct {
	Kind      Kind
	Block     bool // a nested block, written without an equals sign
	Max       int  // for a block, how many there may be; 0: any number
	Required  bool
	Optional  bool
	Computed  bool
	Sensitive bool

	elem  *Attribute // of List, Set and Map
	block int        // of Object
}

// member is an attribute with its name.
type member struct {
	name string
	Attribute
}

// Type is one resource type, or one data source.
type Type struct {
	Name     string
	provider *Provider
	root     Attribute
}

// Types lists the resource types, sorted. The slice must not be changed.
func (p *Provider) Types() []string { return p.types }

// Lookup returns a resource type.
func (p *Provider) Lookup(name string) (Type, bool) {
	i, ok := slices.BinarySearch(p.types, name)
	if !ok {
		return Type{}, false
	}
	return Type{Name: name, provider: p, root: Attribute{Kind: Object, block: p.roots[i]}}, true
}

// Data returns a data source.
func (p *Provider) Data(name string) (Type, bool) {
	i, ok := slices.BinarySearch(p.data, name)
	if !ok {
		return Type{}, false
	}
	return Type{Name: name, provider: p, root: Attribute{Kind: Object, block: p.dataRoots[i]}}, true
}

// Knows reports whether a resource type is of this provider, going by its
// name: whether it should be in the schema.
func (p *Provider) Knows(name string) bool {
	n := len(p.Name)
	return len(name) > n && name[:n] == p.Name && name[n] == '_'
}

// Attributes lists the names of the attributes and blocks of the type, sorted.
func (t Type) Attributes() []string {
	var list []string
	for _, m := range t.provider.members(t.root.block) {
		list = append(list, m.name)
	}
	return list
}

func find(list []member, name string) (Attribute, bool) {
	i, ok := slices.BinarySearchFunc(list, name, func(m member, name string) int {
		switch {
		case m.name < name:
			return -1
		case m.name > name:
			return 1
		}
		return 0
	})
	if !ok {
		return Attribute{}, false
	}
	return list[i].Attribute, true
}
