package input

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/parapet-dev/parapet/internal/resource"
)

// providerFacts are what a provider block says about its resources.
type providerFacts struct {
	source  string // source address
	account string
	region  string
	tags    cty.Value // default_tags, NilVal when there are none
}

// providerOf evaluates the provider configuration that a resource uses: the
// one that it names, else the default one of its type's first word.
func (e *evaluator) providerOf(o *object) providerFacts {
	key, _, _ := strings.Cut(o.kind, "_")
	content, _, _ := o.block.Body.PartialContent(metaSchema)
	if a := content.Attributes["provider"]; a != nil {
		if named := providerKey(a.Expr); named != "" {
			key = named
		} else {
			return providerFacts{source: e.providerSource(key), tags: cty.DynamicVal} // one of several
		}
	}
	return e.provider(key)
}

// provider evaluates a provider configuration, once. That of a module is what
// its call passes, else its own, else the default one of the calling module.
func (e *evaluator) provider(key string) providerFacts {
	if p, ok := e.providers[key]; ok {
		return p
	}
	name, alias, _ := strings.Cut(key, ".")
	p := providerFacts{source: e.providerSource(name)}
	b := e.module.providers[key]
	passed, found := providerFacts{}, false
	if e.parent != nil {
		if passed, found = e.passed(key); !found && b == nil && alias == "" {
			passed, found = e.parent.provider(key), true
		}
	}
	switch {
	case found:
		passed.source = p.source
		p = passed
	case b != nil && e.enter("provider "+key, b.DefRange):
		if many, _, _ := b.Body.PartialContent(metaSchema); many.Attributes["for_each"] == nil {
			e.configureProvider(&p, e.body(b.Body, nil, false))
		}
		delete(e.active, "provider "+key)
	}
	e.providers[key] = p
	return p
}

func (e *evaluator) providerSource(key string) string {
	name, _, _ := strings.Cut(key, ".")
	source := e.module.required[name]
	switch {
	case source == "":
		source = "hashicorp/" + name
	case strings.Count(source, "/") == 2:
		return source
	}
	return "registry.terraform.io/" + source
}

func (e *evaluator) configureProvider(p *providerFacts, v cty.Value) {
	plain, _, _ := exportValue(v)
	config, _ := plain.(map[string]any)
	if region, _ := config["region"].(string); resource.IsRegion(region) {
		p.region = region
	}
	if role, ok := first(config["assume_role"]).(map[string]any); ok {
		arn, _ := role["role_arn"].(string)
		p.account = accountOf(arn)
	} else if ids, _ := config["allowed_account_ids"].([]any); len(ids) == 1 {
		id, _ := ids[0].(string)
		p.account = accountOf(id)
	}
	members := v.AsValueMap()
	if blocks, ok := members["default_tags"]; ok && blocks.IsKnown() && blocks.Type().IsTupleType() && blocks.LengthInt() > 0 {
		if block := blocks.Index(cty.NumberIntVal(0)); block.Type().IsObjectType() && block.Type().HasAttribute("tags") {
			p.tags = block.GetAttr("tags")
		}
	}
}

func first(v any) any {
	if l, ok := v.([]any); ok && len(l) > 0 {
		return l[0]
	}
	return nil
}
