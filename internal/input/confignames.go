package input

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// collectNames notes every attribute name that an expression reads. Resources
// are evaluated without their schema, so that any name read from a resource
// that does not set it stands for a value known after apply, and not for an
// error.
func collectNames(body hcl.Body, names map[string]bool) {
	if native, ok := body.(*hclsyntax.Body); ok {
		// The visitor returns no diagnostics.
		_ = hclsyntax.VisitAll(native, func(n hclsyntax.Node) hcl.Diagnostics {
			switch n := n.(type) {
			case *hclsyntax.ScopeTraversalExpr:
				noteTraversal(n.Traversal, names)
			case *hclsyntax.RelativeTraversalExpr:
				noteTraversal(n.Traversal, names)
			case *hclsyntax.IndexExpr:
				if key, ok := n.Key.(*hclsyntax.TemplateExpr); ok && key.IsStringLiteral() {
					v, _ := key.Value(nil)
					names[knownString(v)] = true
				}
			}
			return nil
		})
		return
	}
	// Other than in native syntax, the nodes of an expression cannot be
	// visited; its traversals are what there is.
	for _, block := range jsonExpressions(body) {
		for _, t := range block.Variables() {
			noteTraversal(t, names)
		}
	}
}

func noteTraversal(t hcl.Traversal, names map[string]bool) {
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseAttr:
			names[s.Name] = true
		case hcl.TraverseIndex:
			if name := knownString(s.Key); name != "" {
				names[name] = true
			}
		}
	}
}

// jsonExpressions returns the expressions at the top of a JSON body, which
// cover the whole of it.
func jsonExpressions(body hcl.Body) []hcl.Expression {
	attributes, _ := body.JustAttributes()
	var out []hcl.Expression
	for _, a := range attributes {
		out = append(out, a.Expr)
	}
	return out
}
