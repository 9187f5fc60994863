package input

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// module is a parsed module, its blocks by kind. The bodies of the blocks are
// in native syntax.
type module struct {
	dir       string // relative to the root module
	shown     string // directory as shown
	variables map[string]*hcl.Block
	locals    map[string]*hcl.Attribute
	outputs   map[string]*hcl.Block
	objects   map[string]*object // managed and data resources by address
	providers map[string]*hcl.Block
	required  map[string]string // local names of providers → source address
	calls     map[string]*hcl.Block
}

// object is one resource or data block.
type object struct {
	data       bool
	kind, name string
	block      *hcl.Block
}

func (o *object) address() string {
	if o.data {
		return "data." + o.kind + "." + o.name
	}
	return o.kind + "." + o.name
}

// rootSchema are the blocks of a configuration. Those that make no resources
// are allowed and not read.
var rootSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "terraform"},
	{Type: "provider", LabelNames: []string{"name"}},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "module", LabelNames: []string{"name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}},
	{Type: "data", LabelNames: []string{"type", "name"}},
	{Type: "ephemeral", LabelNames: []string{"type", "name"}},
	{Type: "action", LabelNames: []string{"type", "name"}},
	{Type: "check", LabelNames: []string{"name"}},
	{Type: "moved"},
	{Type: "removed"},
	{Type: "import"},
}}

// parseModule parses the configuration files of a directory. Files that
// override others are merged into these, in the order of their names.
// Source: https://developer.hashicorp.com/terraform/language/files/override
func parseModule(files map[string][]byte, dir, shown string) (*module, []*hclsyntax.Block, hcl.Diagnostics) {
	m := &module{
		dir: dir, shown: shown, variables: map[string]*hcl.Block{}, locals: map[string]*hcl.Attribute{},
		outputs: map[string]*hcl.Block{}, objects: map[string]*object{},
		providers: map[string]*hcl.Block{}, required: map[string]string{}, calls: map[string]*hcl.Block{},
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(n string) bool { return !isConfigName(n) })
	slices.SortStableFunc(names, func(a, b string) int {
		switch {
		case isOverride(a) == isOverride(b):
			return 0
		case isOverride(a):
			return 1
		}
		return -1
	})
	var diags hcl.Diagnostics
	var blocks []*hclsyntax.Block
	for _, name := range names {
		body, more := parseSource(files[name], path.Join(shown, name), strings.HasSuffix(name, ".json"))
		diags = append(diags, more...)
		if body == nil {
			continue
		}
		read, more := m.collect(body, isOverride(name))
		blocks = append(blocks, read...)
		diags = append(diags, more...)
	}
	return m, blocks, diags
}

// collect sorts the blocks of a file, and returns them in native syntax.
func (m *module) collect(file hcl.Body, override bool) ([]*hclsyntax.Block, hcl.Diagnostics) {
	content, diags := file.Content(rootSchema)
	var blocks []*hclsyntax.Block
	for _, b := range content.Blocks {
		if b.Type == "terraform" {
			m.require(b)
			continue
		}
		body, more := nativeBody(b.Body, b.Type == "variable")
		diags = append(diags, more...)
		b.Body = body
		blocks = append(blocks, &hclsyntax.Block{Type: b.Type, Labels: b.Labels, Body: body})
		at := b.DefRange
		switch b.Type {
		case "provider":
			key := b.Labels[0]
			if alias := providerAlias(b.Body); alias != "" {
				key += "." + alias
			}
			if base := m.providers[key]; base != nil && override {
				mergeBlock(base, b)
				break
			}
			m.providers[key] = b
		case "variable":
			diags = append(diags, declareBlock(m.variables, b.Labels[0], b, override)...)
		case "output":
			diags = append(diags, declareBlock(m.outputs, b.Labels[0], b, override)...)
		case "module":
			diags = append(diags, declareBlock(m.calls, b.Labels[0], b, override)...)
		case "locals":
			attributes, more := b.Body.JustAttributes()
			diags = append(diags, more...)
			for name, a := range attributes {
				if override {
					delete(m.locals, name)
				}
				diags = append(diags, declare(m.locals, name, a, a.NameRange)...)
			}
		case "resource", "data":
			o := &object{data: b.Type == "data", kind: b.Labels[0], name: b.Labels[1], block: b}
			base := m.objects[o.address()]
			switch {
			case override && base == nil:
				diags = append(diags, nothingToOverride(o.address(), at)...)
			case override:
				mergeBlock(base.block, b)
			default:
				diags = append(diags, declare(m.objects, o.address(), o, at)...)
			}
		}
	}
	return blocks, diags
}

// declare adds a declaration, once.
func declare[T any](to map[string]T, name string, v T, at hcl.Range) hcl.Diagnostics {
	if _, ok := to[name]; ok {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Duplicate declaration",
			Detail: fmt.Sprintf("%s is declared more than once.", name), Subject: &at,
		}}
	}
	to[name] = v
	return nil
}

func declareBlock(to map[string]*hcl.Block, name string, b *hcl.Block, override bool) hcl.Diagnostics {
	if !override {
		return declare(to, name, b, b.DefRange)
	}
	if to[name] == nil {
		return nothingToOverride(b.Type+" "+name, b.DefRange)
	}
	mergeBlock(to[name], b)
	return nil
}

func nothingToOverride(what string, at hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Nothing to override",
		Detail: fmt.Sprintf("An override file changes %s, which no other file declares.", what), Subject: &at,
	}}
}

// mergeBlock puts the arguments of an override block over those of a block.
// Nested blocks of a type that it has take the place of all of that type.
func mergeBlock(base, over *hcl.Block) {
	b, _ := base.Body.(*hclsyntax.Body)
	o, _ := over.Body.(*hclsyntax.Body)
	if b == nil || o == nil {
		return
	}
	merged := &hclsyntax.Body{Attributes: maps.Clone(b.Attributes), SrcRange: b.SrcRange, EndRange: b.EndRange}
	if o.Attributes["count"] != nil || o.Attributes["for_each"] != nil {
		delete(merged.Attributes, "count")
		delete(merged.Attributes, "for_each")
	}
	replaced := map[string]bool{}
	for name := range o.Attributes {
		replaced[name] = true // JSON gives blocks as arguments
	}
	for _, n := range o.Blocks {
		replaced[blockType(n)] = true
		delete(merged.Attributes, blockType(n))
	}
	maps.Copy(merged.Attributes, o.Attributes)
	for _, n := range b.Blocks {
		if !replaced[blockType(n)] {
			merged.Blocks = append(merged.Blocks, n)
		}
	}
	merged.Blocks = append(merged.Blocks, o.Blocks...)
	base.Body = merged
}

// blockType is the type of the blocks that a block makes.
func blockType(b *hclsyntax.Block) string {
	if b.Type == "dynamic" && len(b.Labels) == 1 {
		return b.Labels[0]
	}
	return b.Type
}

// require notes where the providers of a module come from.
func (m *module) require(b *hcl.Block) {
	content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "required_providers"}}})
	for _, r := range content.Blocks {
		attributes, _ := r.Body.JustAttributes()
		for name, a := range attributes {
			pairs, diags := hcl.ExprMap(a.Expr) // other members name providers, which are no values
			if diags.HasErrors() {
				continue
			}
			for _, p := range pairs {
				key, _ := p.Key.Value(nil)
				source, _ := p.Value.Value(nil)
				if knownString(key) == "source" && knownString(source) != "" {
					m.required[name] = knownString(source)
				}
			}
		}
	}
}

func providerAlias(body hcl.Body) string {
	content, _, _ := body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "alias"}}})
	if a := content.Attributes["alias"]; a != nil {
		v, _ := a.Expr.Value(nil)
		return knownString(v)
	}
	return ""
}
