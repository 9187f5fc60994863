package input

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// collectNames notes every function that is called, and every attribute name that an expression reads. Resources
// are evaluated without their schema, so that any name read from a resource
// that does not set it stands for a value known after apply, and not for an
// error.
func (p *program) collectNames(body *hclsyntax.Body) {
	// The visitor returns no diagnostics.
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ScopeTraversalExpr:
			noteTraversal(n.Traversal, p.names)
		case *hclsyntax.RelativeTraversalExpr:
			noteTraversal(n.Traversal, p.names)
		case *hclsyntax.IndexExpr:
			if key, ok := n.Key.(*hclsyntax.TemplateExpr); ok && key.IsStringLiteral() {
				v, _ := key.Value(nil)
				p.names[knownString(v)] = true
			}
		case *hclsyntax.FunctionCallExpr:
			if _, seen := p.called[n.Name]; !seen {
				p.called[n.Name] = n.NameRange
			}
		}
		return nil
	})
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
