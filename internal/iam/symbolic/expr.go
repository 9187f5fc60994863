package symbolic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// Expr is a boolean expression over a request. It does not change; the zero
// Expr is [True].
type Expr struct {
	n *node
}

// kind tells the forms of a node.
type kind uint8

const (
	isAnd kind = iota // of no operands: true
	isOr              // of no operands: false
	isNot
	isLeaf
)

// node is a node of an expression. Expressions may share nodes.
type node struct {
	kind kind
	kids []*node
	leaf iam.Statement // a Deny statement with the elements in question
	old  bool          // of a leaf: ${…} is plain text, as in policies of 2008
}

// truth is what the zero Expr stands for.
var truth = &node{kind: isAnd}

func (e Expr) node() *node {
	if e.n == nil {
		return truth
	}
	return e.n
}

// True returns the expression that every request satisfies.
func True() Expr { return Expr{} }

// False returns the expression that no request satisfies.
func False() Expr { return Expr{&node{kind: isOr}} }

// Matches returns that the request matches the statement's action, resource
// and conditions, and its principals if it names any. The statement is read as
// a Deny statement of a policy of 2012-10-17, whatever its Effect: a NotResource
// with a variable that has no value applies to everything.
func Matches(s iam.Statement) Expr { return Expr{&node{kind: isLeaf, leaf: deny(s)}} }

// Matches2008 is [Matches] for a statement of a policy of 2008-10-17, or of
// one without Version: ${…} is plain text.
func Matches2008(s iam.Statement) Expr {
	return Expr{&node{kind: isLeaf, leaf: deny(s), old: true}}
}

// deny returns a copy of the statement that denies.
func deny(s iam.Statement) iam.Statement {
	s.Effect = iam.Deny
	s.Actions, s.NotActions = slices.Clone(s.Actions), slices.Clone(s.NotActions)
	s.Resources, s.NotResources = slices.Clone(s.Resources), slices.Clone(s.NotResources)
	s.Conditions = slices.Clone(s.Conditions)
	return s
}

// AnyOf returns that the request matches one of the statements.
func AnyOf(statements []iam.Statement) Expr {
	list := make([]Expr, len(statements))
	for i, s := range statements {
		list[i] = Matches(s)
	}
	return Or(list...)
}

// Action returns that the request's action matches one of the patterns.
func Action(patterns ...string) Expr {
	if len(patterns) == 0 {
		return False()
	}
	return Matches(iam.Statement{Actions: patterns})
}

// Resource returns that the request's resource matches one of the patterns, as
// the values of a Resource element.
func Resource(patterns ...string) Expr {
	if len(patterns) == 0 {
		return False()
	}
	return Matches(iam.Statement{Resources: patterns})
}

// Holds returns that the condition holds.
func Holds(c iam.Condition) Expr {
	return Matches(iam.Statement{Conditions: []iam.Condition{c}})
}

// And returns that all operands hold; of none, it is true.
func And(operands ...Expr) Expr { return join(isAnd, operands) }

// Or returns that one of the operands holds; of none, it is false.
func Or(operands ...Expr) Expr { return join(isOr, operands) }

func join(k kind, operands []Expr) Expr {
	if len(operands) == 1 {
		return operands[0]
	}
	n := &node{kind: k, kids: make([]*node, len(operands))}
	for i, o := range operands {
		n.kids[i] = o.node()
	}
	return Expr{n}
}

// Not returns that the operand does not hold.
func Not(e Expr) Expr {
	n := e.node()
	if n.kind == isNot {
		return Expr{n.kids[0]}
	}
	return Expr{&node{kind: isNot, kids: []*node{n}}}
}

// String writes the expression for a reader. Statements with a Sid are written
// as it.
func (e Expr) String() string {
	var b strings.Builder
	e.node().write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case isAnd, isOr:
		word := "and"
		if n.kind == isOr {
			word = "or"
		}
		b.WriteString("(" + word)
		for _, k := range n.kids {
			b.WriteByte(' ')
			k.write(b)
		}
		b.WriteByte(')')
	case isNot:
		b.WriteString("(not ")
		n.kids[0].write(b)
		b.WriteByte(')')
	case isLeaf:
		writeStatement(b, &n.leaf)
	}
}

func writeStatement(b *strings.Builder, s *iam.Statement) {
	if s.Sid != "" {
		b.WriteString(s.Sid)
		return
	}
	var parts []string
	for _, e := range []struct {
		name   string
		values []string
	}{{"Action", s.Actions}, {"NotAction", s.NotActions}, {"Resource", s.Resources}, {"NotResource", s.NotResources}} {
		if e.values != nil {
			parts = append(parts, fmt.Sprintf("%s %q", e.name, e.values))
		}
	}
	if s.Principal != nil {
		parts = append(parts, fmt.Sprintf("Principal %v", *s.Principal))
	}
	if s.NotPrincipal != nil {
		parts = append(parts, fmt.Sprintf("NotPrincipal %v", *s.NotPrincipal))
	}
	for _, c := range s.Conditions {
		parts = append(parts, fmt.Sprintf("%s %s %q", c.Key, c.Operator, c.Values))
	}
	b.WriteString("[" + strings.Join(parts, "; ") + "]")
}
