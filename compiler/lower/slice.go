package lower

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// conditions returns the expressions of a deny rule that decide whether it
// fires. What only feeds the message is left out: no request carries a message.
// A message that reads a missing attribute silences its own detection; the
// attributes that messages read are recorded, so that this can be said.
func (ev *evaluator) conditions(r *ast.Rule) ast.Body {
	kept := slices.Clone(r.Body)
	for again := true; again; {
		again = false
		for i, x := range kept {
			v, ok := produces(x)
			if !ok || usedBy(kept, i, v) {
				continue
			}
			ev.res.message(x)
			kept = slices.Delete(kept, i, i+1)
			again = true
			break
		}
	}
	return kept
}

// produces returns the variable that an expression only gives a value to.
func produces(x *ast.Expr) (ast.Var, bool) {
	terms, ok := x.Terms.([]*ast.Term)
	if !ok || x.Negated || len(x.With) > 0 || len(terms) < 2 {
		return "", false
	}
	op, ok := terms[0].Value.(ast.Ref)
	if !ok {
		return "", false
	}
	if name := op.String(); name == "eq" || name == "assign" {
		if len(terms) != 3 {
			return "", false
		}
		for i, t := range terms[1:] {
			v, ok := t.Value.(ast.Var)
			other := terms[2-i]
			if ok && !mentions(other, v) && !iterates(other) {
				return v, true
			}
		}
		return "", false
	}
	b, ok := ast.BuiltinMap[op.String()]
	if !ok || len(terms) != len(b.Decl.FuncArgs().Args)+2 || !givesText(op.String()) {
		return "", false
	}
	v, ok := terms[len(terms)-1].Value.(ast.Var)
	return v, ok
}

// iterates reports whether a term may have several values or none for reasons
// other than a missing attribute: it holds a reference with a variable in it, or
// one to a rule.
func iterates(t *ast.Term) bool {
	found := false
	ast.WalkRefs(t, func(r ast.Ref) bool {
		found = found || !r.IsGround() || r.HasPrefix(ast.DefaultRootRef)
		return found
	})
	return found
}

func mentions(x any, v ast.Var) bool {
	found := false
	ast.WalkVars(x, func(o ast.Var) bool {
		found = found || o == v
		return found
	})
	return found
}

// usedBy reports whether an expression other than the i-th mentions v.
func usedBy(b ast.Body, i int, v ast.Var) bool {
	for j, x := range b {
		if j != i && mentions(x, v) {
			return true
		}
	}
	return false
}

// message records the attributes that an expression for the message reads.
func (r *residual) message(x *ast.Expr) {
	ast.WalkRefs(x, func(ref ast.Ref) bool {
		if !ref.HasPrefix(ast.InputRootRef) {
			return false
		}
		path := ""
		for _, t := range ref[1:] {
			switch v := t.Value.(type) {
			case ast.String:
				path = strings.TrimPrefix(path+memberStep(string(v)), ".")
			default:
				path += "[]"
			}
		}
		if strings.HasPrefix(path, valuesRoot+".") && !slices.Contains(r.messages, path) {
			r.messages = append(r.messages, path)
			slices.Sort(r.messages)
		}
		return false
	})
}
