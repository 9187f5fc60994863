package document

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/engine"
	"github.com/parapet-dev/parapet/internal/finding"
)

// The names of rules that are policies. conftest's documentation gives them.
var (
	decisionName  = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)
	decisionKinds = map[string]bool{"deny": true, "violation": true, "warn": true}
	warningName   = regexp.MustCompile(`^warn(_[a-zA-Z0-9]+)*$`)
)

// nameOf returns the first part of the name of a rule.
func nameOf(r *ast.Rule) string {
	ref := r.Head.Ref()
	if len(ref) == 0 {
		return ""
	}
	name, _ := ref[0].Value.(ast.Var)
	return string(name)
}

// isDecision reports whether a rule is a policy. Functions are not.
func isDecision(r *ast.Rule) bool {
	return len(r.Head.Args) == 0 && !r.Default && decisionName.MatchString(nameOf(r))
}

func namespaceOf(m *ast.Module) string { return strings.TrimPrefix(m.Package.Path.String(), "data.") }

// checkKinds refuses rules with the name of a policy that give an object. They
// are mostly a slip of the pen, and conftest passes over some of them.
func checkKinds(mods map[string]*ast.Module) diag.Diagnostics {
	var ds diag.Diagnostics
	for _, m := range mods {
		for _, r := range m.Rules {
			if isDecision(r) && len(r.Head.Ref()) > 1 {
				ds = append(ds, diag.Errorf("policy-deny-kind", "%s must be a set of messages", nameOf(r)).
					At(engine.PlaceOf(r.Location)).
					WithDetail("It defines members of an object, which are no messages.").
					WithHint("write `%s contains msg if { … }`", nameOf(r)))
			}
		}
	}
	return ds
}

// prepare finds what is evaluated for a rule and what is said of it.
func (c *compiled) prepare(r *rule) error {
	compiled := c.compiler.GetRulesExact(r.path)
	slices.SortFunc(compiled, func(a, b *ast.Rule) int {
		x, y := engine.PlaceOf(a.Location), engine.PlaceOf(b.Location)
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	for _, rego := range compiled {
		about := c.describe(r, rego)
		if r.ID == "" {
			r.Policy = about
		}
		if rego.Head.RuleKind() == ast.MultiValue {
			r.units = append(r.units, &unit{body: rego.Body, value: rego.Head.Key, rules: []*ast.Rule{rego}, about: about})
		}
	}
	if len(r.units) == 0 {
		value := ast.VarTerm("value")
		body := ast.NewBody(ast.Equality.Expr(ast.NewTerm(r.path), value))
		r.units = append(r.units, &unit{body: body, value: value, whole: true, rules: compiled, about: r.Policy})
	}
	return c.prepareException(r)
}

// exceptions returns the rules that exempt others in the package of r.
func (r *rule) exceptions(c *ast.Compiler) []*ast.Rule {
	return c.GetRulesWithPrefix(r.path[:len(r.path)-1].Append(ast.StringTerm("exception")))
}

// prepareException makes the query for the exceptions of a rule: lists of the
// suffixes of exempt rules, the empty one for rules without a suffix.
func (c *compiled) prepareException(r *rule) error {
	list := r.path[:len(r.path)-1].Append(ast.StringTerm("exception"))
	suffix := r.name
	for _, kind := range []string{"violation", "deny", "warn"} { // in this order: deny_warn_x loses both
		suffix = strings.TrimPrefix(suffix, kind+"_")
	}
	if decisionKinds[r.name] {
		suffix = ""
	}
	ref := list.Append(ast.VarTerm("i")).Append(ast.VarTerm("j"))
	body, err := c.compiler.QueryCompiler().Compile(ast.NewBody(ast.Equal.Expr(ast.NewTerm(ref), ast.StringTerm(suffix))))
	if err != nil {
		return err
	}
	r.exception = body
	return nil
}

// describe reads the annotations of a rule; what it has none for, those of its
// document and package say.
func (c *compiled) describe(r *rule, rego *ast.Rule) finding.Policy {
	at := engine.PlaceOf(rego.Location)
	p := finding.Policy{ID: r.namespace + "." + r.name, File: at.File, Line: at.Line}
	for _, ref := range c.compiler.GetAnnotationSet().Chain(rego) {
		a := ref.Annotations
		if a == nil {
			continue
		}
		p.Title = cmp.Or(p.Title, a.Title)
		p.Description = cmp.Or(p.Description, a.Description)
		if text, ok := a.Custom["remediation"].(string); ok {
			p.Remediation = cmp.Or(p.Remediation, text)
		}
		if text, ok := a.Custom["severity"].(string); ok && p.Severity == "" {
			if s, err := finding.ParseSeverity(strings.ToLower(text)); err == nil {
				p.Severity = s
			}
		}
	}
	p.Title = cmp.Or(p.Title, r.name)
	p.Severity = cmp.Or(p.Severity, finding.High)
	if warningName.MatchString(r.name) {
		p.Severity = finding.Info
	}
	return p
}

// stringsIn returns the strings that stand in the modules.
func stringsIn(mods map[string]*ast.Module) map[string]bool {
	set := map[string]bool{}
	for _, m := range mods {
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if s, ok := t.Value.(ast.String); ok {
				set[string(s)] = true
			}
			return false
		})
	}
	return set
}
