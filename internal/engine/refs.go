package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/schema"
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
		suggesting := suggestionRefs(c.Modules[name])
		ast.WalkRefs(c.Modules[name], func(ref ast.Ref) bool {
			switch {
			case suggesting[ref[0].Location]:
			case ref[0].Equal(ast.InputRootDocument):
				ds = append(ds, inputProblem(ref)...)
			case ref[0].Equal(ast.DefaultRootDocument):
				if problem := dataProblem(c, params, ref); problem != "" {
					ds = append(ds, diag.Errorf("policy-undefined", "%s is never defined", ref).
						At(placeOf(ref[0].Location)).WithDetail("%s", problem))
				}
			}
			return false
		})
	}
	ds.Sort()
	return slices.CompactFunc(ds, sameProblem)
}

// suggestionRefs returns where the suggestion rules of a module refer to
// input.resources, which they alone see.
func suggestionRefs(m *ast.Module) map[*ast.Location]bool {
	refs := map[*ast.Location]bool{}
	for _, r := range m.Rules {
		if r.Head.Name != suggestionRule {
			continue
		}
		ast.WalkRefs(r, func(ref ast.Ref) bool {
			if len(ref) > 1 && ref[0].Equal(ast.InputRootDocument) && ref[1].Equal(ast.StringTerm("resources")) && ref[0].Location != nil {
				refs[ref[0].Location] = true
			}
			return false
		})
	}
	return refs
}

func sameProblem(a, b diag.Diagnostic) bool { return a.Summary == b.Summary && a.Subject == b.Subject }

// inputProblem refuses members that no document has, as far as the reference
// itself names them.
func inputProblem(ref ast.Ref) diag.Diagnostics {
	var a access
	for _, t := range ref[1:] {
		s, ok := t.Value.(ast.String)
		if !ok {
			break
		}
		a = append(a, string(s))
	}
	at := func(i int) diag.Place {
		if l := placeOf(ref[i+1].Location); l.File != "" {
			return l
		}
		return placeOf(ref[0].Location)
	}
	if len(a) == 0 {
		return nil
	}
	first, _ := a[0].(string)
	switch {
	case !slices.Contains(inputMembers, first):
		return diag.Diagnostics{inputMember(first).At(at(0))}
	case first == "resource" && len(a) > 1:
		if d, i, ok := member(a, 1); !ok {
			return diag.Diagnostics{d.At(at(i))}
		}
	}
	return nil
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

// inputMember is the diagnostic of a member that input does not have.
func inputMember(name string) diag.Diagnostic {
	d := undefined(access{name}, "A policy sees input.resource and input.related.")
	return suggest(d, "input.", name, inputMembers)
}

// member judges a member of a resource's document: the step i of an access.
func member(a access, i int) (diag.Diagnostic, int, bool) {
	name, _ := a[i].(string)
	if slices.Contains(resourceMembers, name) {
		return diag.Diagnostic{}, 0, true
	}
	d := undefined(a[:i+1], "A resource has %s. Attributes are in values.", strings.Join(resourceMembers, ", "))
	return suggest(d, "input."+a[:i].String()+".", name, resourceMembers), i, false
}

// undefined is the diagnostic of a place that no document has.
func undefined(a access, detail string, args ...any) diag.Diagnostic {
	return diag.Errorf("policy-undefined", "input.%s is never defined", a).WithDetail(detail, args...)
}

// suggest adds the name that was perhaps meant.
func suggest(d diag.Diagnostic, prefix, name string, list []string) diag.Diagnostic {
	if s := schema.Nearest(name, list); s != "" {
		return d.WithHint("did you mean %s%s?", prefix, s)
	}
	return d
}
