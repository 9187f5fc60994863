package input

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/schema"
)

// A plan marks what is sensitive of changes, resources, outputs and variables.
// What is here finds what it holds of that besides: in the values of variables,
// in tags that the provider made of them, and in constants of the configuration.

// secretEvidence is what must be read besides what policies read, to know what
// of that is sensitive.
func secretEvidence(p *Projection) *Projection {
	out := pathProjection("configuration", "root_module", "variables", "", "sensitive").
		Merge(below(&Projection{Each: &Projection{Members: map[string]*Projection{"value": Everything()}}}, "variables"))
	if config := p.member("configuration"); config != nil {
		out = out.Merge(below(moduleEvidence(config.member("root_module")), "configuration", "root_module"))
	}
	return out
}

// moduleEvidence is what tells of the expressions of a module what they are for.
func moduleEvidence(p *Projection) *Projection {
	if p == nil || p.All {
		return nil
	}
	out := pathProjection("resources", "", "type").Merge(pathProjection("variables", "", "sensitive"))
	call := func(p *Projection) *Projection {
		if p == nil || p.All {
			return nil
		}
		return below(pathProjection("variables", "", "sensitive").Merge(moduleEvidence(p.member("module"))), "module")
	}
	if calls := p.member("module_calls"); calls != nil && !calls.All {
		named := &Projection{Each: call(calls.Each), Members: map[string]*Projection{}}
		for name, c := range calls.Members {
			named.Members[name] = call(c)
		}
		out = out.Merge(below(named, "module_calls"))
	}
	return out
}

// below puts a projection at a path of names.
func below(p *Projection, names ...string) *Projection {
	if p == nil {
		return nil
	}
	for _, name := range slices.Backward(names) {
		p = &Projection{Members: map[string]*Projection{name: p}}
	}
	return p
}

// moreSecrets finds what is sensitive in a document and not marked as such. The
// projection is that of the policies.
func moreSecrets(doc *ast.Term, marked []secret, p *Projection) ([]secret, error) {
	variables := variableSecrets(marked)
	var values []string
	for _, s := range variables {
		v := doc
		for _, h := range s.path {
			v = memberOf(v, string(h.key.Value.(ast.String))) //nolint:errcheck,forcetypeassert // as variableSecrets makes them
		}
		values = appendTexts(values, v)
	}
	out := tagSecrets(doc, values)
	if p.member("variables") != nil {
		out = append(out, variables...)
	}
	provider, err := schema.AWS()
	if err != nil {
		return nil, err
	}
	c := constants{provider: provider, types: map[string][][]string{}}
	config := hop{key: ast.StringTerm("configuration")}
	c.providers(memberOf(memberOf(doc, "configuration"), "provider_config"), []hop{config, {key: ast.StringTerm("provider_config")}})
	c.module(memberOf(memberOf(doc, "configuration"), "root_module"), []hop{config, {key: ast.StringTerm("root_module")}})
	return append(out, c.found...), nil
}

// tagsAll is the attribute in which the AWS provider joins the tags of a
// resource with its default tags.
const tagsAll = "tags_all"

// tagSecrets finds the members of tags_all that hold one of some texts: the
// provider adds its default tags without their marks.
func tagSecrets(doc *ast.Term, texts []string) []secret {
	if len(texts) == 0 {
		return nil
	}
	var out []secret
	var walk func(t *ast.Term, path []hop, tags bool)
	walk = func(t *ast.Term, path []hop, tags bool) {
		switch v := t.Value.(type) {
		case ast.Object:
			v.Foreach(func(key, value *ast.Term) {
				if s, ok := value.Value.(ast.String); ok {
					if tags && holdsAny(string(s), texts) {
						out = append(out, secret{append(slices.Clone(path), hop{key: key}), true})
					}
					return
				}
				walk(value, append(path, hop{key: key}), key.Value == ast.String(tagsAll))
			})
		case *ast.Array:
			for i := range v.Len() {
				walk(v.Elem(i), append(path, hop{index: i}), false)
			}
		}
	}
	walk(doc, nil, false)
	return out
}

// minPart is the length from which a secret is looked for within other texts:
// shorter ones stand in too many by chance.
const minPart = 6

// holdsAny reports whether a text is one of the secrets, or has one in it.
func holdsAny(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(s string) bool {
		return text == s || len(s) >= minPart && strings.Contains(text, s)
	})
}

// appendTexts adds the texts in a value.
func appendTexts(list []string, t *ast.Term) []string {
	if t == nil {
		return list
	}
	switch v := t.Value.(type) {
	case ast.String:
		if v != "" {
			list = append(list, string(v))
		}
	case ast.Object:
		v.Foreach(func(_, e *ast.Term) { list = appendTexts(list, e) })
	case *ast.Array:
		v.Foreach(func(e *ast.Term) { list = appendTexts(list, e) })
	}
	return list
}

// constants finds the constants in a plan's configuration that are for
// something sensitive.
type constants struct {
	provider *schema.Provider
	types    map[string][][]string // what is sensitive of each
	found    []secret
}

// providerSecrets are the arguments of providers that hold credentials. The
// schema that is embedded knows resources only.
var providerSecrets = [][]string{{"access_key"}, {"secret_key"}, {"token"}, {"password"}}

func (c *constants) providers(t *ast.Term, path []hop) {
	eachMember(t, func(key, p *ast.Term) {
		at := append(slices.Clip(path), hop{key: key}, hop{key: ast.StringTerm("expressions")})
		for _, name := range providerSecrets {
			c.expression(memberOf(p, "expressions"), at, name)
		}
	})
}

func (c *constants) module(m *ast.Term, path []hop) {
	list := memberOf(m, "resources")
	for i := 0; list != nil; i++ {
		elements, ok := list.Value.(*ast.Array)
		if !ok || i >= elements.Len() {
			break
		}
		r := elements.Elem(i)
		at := append(slices.Clip(path), hop{key: ast.StringTerm("resources")}, hop{index: i}, hop{key: ast.StringTerm("expressions")})
		for _, names := range c.secretsOf(textOf(r, "type")) {
			c.expression(memberOf(r, "expressions"), at, names)
		}
	}
	eachMember(memberOf(m, "module_calls"), func(name, call *ast.Term) {
		at := append(slices.Clip(path), hop{key: ast.StringTerm("module_calls")}, hop{key: name})
		called := memberOf(call, "module")
		eachMember(memberOf(called, "variables"), func(variable, v *ast.Term) {
			if s := memberOf(v, "sensitive"); s != nil && s.Value == ast.Boolean(true) {
				argument, _ := variable.Value.(ast.String)
				c.expression(memberOf(call, "expressions"), append(slices.Clip(at), hop{key: ast.StringTerm("expressions")}), []string{string(argument)})
			}
		})
		c.module(called, append(slices.Clip(at), hop{key: ast.StringTerm("module")}))
	})
}

func (c *constants) secretsOf(kind string) [][]string {
	paths, met := c.types[kind]
	if !met {
		if t, ok := c.provider.Lookup(kind); ok {
			paths = t.Secrets()
		}
		c.types[kind] = paths
	}
	return paths
}

// expression finds the constant at a path of names in a block of expressions.
// Blocks that may come more than once are lists of blocks.
func (c *constants) expression(t *ast.Term, path []hop, names []string) {
	if t == nil {
		return
	}
	if list, ok := t.Value.(*ast.Array); ok {
		for i := range list.Len() {
			c.expression(list.Elem(i), append(slices.Clip(path), hop{index: i}), names)
		}
		return
	}
	name := "constant_value"
	if len(names) > 0 && memberOf(t, name) == nil {
		name, names = names[0], names[1:]
		c.expression(memberOf(t, name), append(slices.Clip(path), hop{key: ast.StringTerm(name)}), names)
		return
	}
	if memberOf(t, name) != nil {
		c.found = append(c.found, secret{append(slices.Clone(path), hop{key: ast.StringTerm(name)}), true})
	}
}

// eachMember calls f for the members of an object.
func eachMember(t *ast.Term, f func(key, value *ast.Term)) {
	if t == nil {
		return
	}
	if o, ok := t.Value.(ast.Object); ok {
		o.Foreach(f)
	}
}
