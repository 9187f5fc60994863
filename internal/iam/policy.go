package iam

import (
	"cmp"
	"slices"
	"strings"
)

// Effect is what a statement does when it matches.
type Effect string

// Effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Policy language versions. Without a Version a policy is of 2008, in which
// policy variables are plain text.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Policy is one policy document.
type Policy struct {
	Version    string // empty when the document has none
	ID         string
	Statements []Statement
}

// Statement is one statement. An element that the document does not have is nil.
type Statement struct {
	Sid          string
	Effect       Effect
	Principal    *Principal
	NotPrincipal *Principal
	Actions      []string
	NotActions   []string
	Resources    []string
	NotResources []string
	Conditions   []Condition // sorted by operator, then key; all must hold
}

// Principal is a Principal or NotPrincipal element. Any stands for the whole
// element "*"; otherwise each kind lists its values, which may be "*" too.
type Principal struct {
	Any           bool
	AWS           []string
	Service       []string
	Federated     []string
	CanonicalUser []string
}

// Condition is one operator applied to one key. The values are alternatives,
// or, for a negated operator, all excluded.
type Condition struct {
	Operator Operator
	Key      string
	Values   []string
}

// SetOperator says how a multi-valued key meets an operator.
type SetOperator string

// Set operators.
const (
	NoSet        SetOperator = ""
	ForAnyValue  SetOperator = "ForAnyValue"
	ForAllValues SetOperator = "ForAllValues"
)

// Operator is a condition operator with its modifiers.
type Operator struct {
	Set      SetOperator
	Base     string // canonical spelling: "StringEquals"
	IfExists bool
}

// String writes the operator as it stands in a policy:
// ForAnyValue:StringLikeIfExists.
func (o Operator) String() string {
	var b strings.Builder
	if o.Set != NoSet {
		b.WriteString(string(o.Set))
		b.WriteByte(':')
	}
	b.WriteString(o.Base)
	if o.IfExists {
		b.WriteString("IfExists")
	}
	return b.String()
}

// CompareConditions orders conditions by operator and key, then values.
func CompareConditions(a, b Condition) int {
	return cmp.Or(
		cmp.Compare(a.Operator.String(), b.Operator.String()),
		cmp.Compare(a.Key, b.Key),
		slices.Compare(a.Values, b.Values),
	)
}
