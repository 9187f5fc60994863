package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Members of the documents that a policy sees. What is not here is always
// missing, so a reference to it is a mistake that would pass everything.
var (
	inputMembers    = []string{"resource", "related", "findings"}
	resourceMembers = []string{
		"type", "name", "address", "id", "arn", "account", "region", "partition", "origin", "actions", "values", "before",
	}
)

// checkRefs refuses references that can never be defined: below input where no
// document has such a member, below data where no rule and no parameter is.
// OPA itself takes them for missing, and the policy would pass everything.
func checkRefs(c *ast.Compiler, list []*policy) diag.Diagnostics {
	var ds diag.Diagnostics
	params := map[string]*policy{}
	for _, p := range list {
		params[p.ID] = p
	}
	for _, name := range slices.Sorted(maps.Keys(c.Modules)) {
		ast.WalkRefs(c.Modules[name], func(ref ast.Ref) bool {
			var problem string
			switch {
			case ref[0].Equal(ast.InputRootDocument):
				problem = inputProblem(ref)
			case ref[0].Equal(ast.DefaultRootDocument):
				problem = dataProblem(c, params, ref)
			}
			if problem != "" {
				ds = append(ds, diag.Errorf("policy-undefined", "%s is never defined", ref).
					At(placeOf(ref[0].Location)).WithDetail("%s", problem))
			}
			return false
		})
	}
	ds.Sort()
	return slices.CompactFunc(ds, func(a, b diag.Diagnostic) bool { return a.Summary == b.Summary && a.Subject == b.Subject })
}

func inputProblem(ref ast.Ref) string {
	if len(ref) < 2 {
		return ""
	}
	first, ok := ref[1].Value.(ast.String)
	if !ok {
		return ""
	}
	if !slices.Contains(inputMembers, string(first)) {
		return fmt.Sprintf("A policy sees input.resource and input.related; there is no input.%s.", string(first))
	}
	if first != "resource" || len(ref) < 3 {
		return ""
	}
	if second, ok := ref[2].Value.(ast.String); ok && !slices.Contains(resourceMembers, string(second)) {
		return fmt.Sprintf("input.resource has %v; attributes are in input.resource.values.", resourceMembers)
	}
	return ""
}

func dataProblem(c *ast.Compiler, params map[string]*policy, ref ast.Ref) string {
	prefix := ref.GroundPrefix()
	if len(prefix) < 2 {
		return ""
	}
	if !prefix[1].Equal(ast.StringTerm("parameters")) {
		if len(c.GetRulesDynamicWithOpts(prefix, ast.RulesOptions{IncludeHiddenModules: true})) > 0 || len(c.GetRulesWithPrefix(prefix)) > 0 {
			return ""
		}
		return "No module defines it."
	}
	if len(prefix) < 3 {
		return ""
	}
	id, ok := prefix[2].Value.(ast.String)
	p := params[string(id)]
	if !ok || p == nil {
		return "data.parameters has the ids of policies."
	}
	if len(prefix) < 4 {
		return ""
	}
	name, _ := prefix[3].Value.(ast.String)
	for _, q := range p.Parameters {
		if q.Name == string(name) {
			return ""
		}
	}
	return fmt.Sprintf("custom.parameters of %s does not declare it.", p.ID)
}
