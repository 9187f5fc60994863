// Package layer says what each layer of guardrails can express, whom it binds
// and how much fits: one file a layer, and the quotas as dated data in quota.go.
// It knows nothing of Terraform and does no packing.
package layer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/iam"
)

// Layer is one place where guardrails live.
type Layer struct {
	ID         ir.Layer
	Title      string // as a reader knows it: "service control policy"
	PolicyType string // what the documents are created as; empty where it is not the same for all, or there are none

	// Document is the quota of one document in bytes of UTF-8, Attachments the
	// quota of documents on one target. Empty when the layer has no documents.
	Document, Attachments string

	// Attached is how many documents sit on a target before ours.
	Attached int

	// Provider is the first version of the Terraform AWS provider that is known
	// to take the policy type; empty: every supported one.
	Provider string

	// Binds says whom a guardrail of the layer holds for, Misses what it does
	// not reach, Exceptions how somebody is exempted: sentences for a reviewer.
	Binds, Misses []string
	Exceptions    string

	principal bool // every statement names everyone as its principal
	allow     bool // a document allows everything but for its denies
	check     func(ir.Guardrail) diag.Diagnostics
}

// HasDocuments reports whether guardrails of the layer are packed into policy
// documents.
func (l Layer) HasDocuments() bool { return l.Document != "" }

// HasStatements reports whether guardrails of the layer are denies.
func (l Layer) HasStatements() bool { return l.PolicyType != "" }

// Organization reports whether the documents are attached in AWS Organizations,
// with the management account's credentials. The others are an account's own.
func (l Layer) Organization() bool { return l.HasDocuments() && l.ID != ir.Boundary }

// Policy returns the document that holds the statements on this layer.
func (l Layer) Policy(statements []iam.Statement) iam.Policy {
	p := iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{}}
	if l.allow {
		p.Statements = append(p.Statements, iam.Statement{Effect: iam.Allow, Actions: []string{"*"}, Resources: []string{"*"}})
	}
	for _, s := range statements {
		if l.principal {
			s.Principal = &iam.Principal{Any: true}
		}
		p.Statements = append(p.Statements, s)
	}
	return p
}

// Wrapper returns the bytes that a document of the layer has besides the
// statements that it is given.
func (l Layer) Wrapper() int {
	n := len(l.Policy(nil).TerraformJSON())
	if l.allow {
		n++ // the comma behind the allow
	}
	return n
}

// Size returns the bytes that the statements take in a document of the layer,
// with the commas between them.
func (l Layer) Size(statements []iam.Statement) int {
	if len(statements) == 0 {
		return 0
	}
	return len(l.Policy(statements).TerraformJSON()) - l.Wrapper()
}

// Layers returns every layer that the compiler can emit.
func Layers() []Layer { return []Layer{scp, rcp, boundary, declarative, account} }

// Lookup returns the layer with the id.
func Lookup(id ir.Layer) (Layer, bool) {
	i := slices.IndexFunc(Layers(), func(l Layer) bool { return l.ID == id })
	if i < 0 {
		return Layer{}, false
	}
	return Layers()[i], true
}

// Check returns what the guardrail's layer cannot express of it. An empty
// result means that the guardrail can be packed and emitted.
func Check(g ir.Guardrail) diag.Diagnostics {
	l, ok := Lookup(g.Layer)
	if !ok {
		var known []string
		for _, l := range Layers() {
			known = append(known, string(l.ID))
		}
		return diag.Diagnostics{unfit(g, 0, "layer %q is not one that the compiler writes", g.Layer).
			WithHint("known layers: %s", strings.Join(known, ", "))}
	}
	ds := l.check(g)
	ds.Sort()
	return ds
}

// unfit is a diagnostic about a guardrail that its layer cannot express.
func unfit(g ir.Guardrail, line int, format string, args ...any) diag.Diagnostic {
	return diag.Errorf("guardrail-layer", "guardrail %s: "+format, append([]any{g.ID}, args...)...).
		At(diag.Place{File: g.Policy.File, Line: cmp.Or(line, g.Policy.Line)})
}

// checkDenies finds what a layer of denies cannot hold. title is the layer's,
// with its article.
func checkDenies(g ir.Guardrail, title string) diag.Diagnostics {
	var ds diag.Diagnostics
	if len(g.Settings) > 0 {
		ds = append(ds, unfit(g, 0, "%s has no settings", title))
	}
	if len(g.Declaratives) > 0 {
		ds = append(ds, unfit(g, 0, "%s has no declarative content", title))
	}
	if len(g.Statements) == 0 {
		ds = append(ds, unfit(g, 0, "it has no statement"))
	}
	for _, s := range g.Statements {
		ds = append(ds, checkStatement(g, s)...)
	}
	return ds
}

var (
	sidForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	actionForm = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*?]+$`)
)

// checkStatement finds what no policy document can say, whatever its layer.
func checkStatement(g ir.Guardrail, s ir.Statement) diag.Diagnostics {
	var ds diag.Diagnostics
	add := func(format string, args ...any) {
		ds = append(ds, unfit(g, s.Line, format, args...))
	}
	if !sidForm.MatchString(s.Sid) {
		add("statement id %q is not a letter followed by letters and digits", s.Sid)
	}
	if len(s.Actions) == 0 {
		add("statement %s has no action", s.Sid)
	}
	for _, a := range s.Actions {
		if !actionForm.MatchString(a) {
			add("statement %s: %q is not an action of the form service:Name", s.Sid, a)
		}
	}
	if len(s.Resources) == 0 {
		add("statement %s has no resource", s.Sid)
	}
	for _, r := range s.Resources {
		if r != "*" && (!strings.HasPrefix(r, "arn:") || strings.Count(r, ":") < 5) {
			add("statement %s: %q is neither an ARN pattern nor \"*\"", s.Sid, r)
		}
	}
	for i, c := range s.Conditions {
		if len(c.Values) == 0 {
			add("statement %s: %s %s has no value", s.Sid, c.Operator, c.Key)
		}
		// A JSON object has a key once. Two conditions on it become one list,
		// which means both only for a negated operator.
		same := slices.ContainsFunc(s.Conditions[:i], func(d iam.Condition) bool {
			return d.Operator == c.Operator && strings.EqualFold(d.Key, c.Key)
		})
		if same && !joinable(c.Operator) {
			add("statement %s says %s of %s twice, which a policy document cannot", s.Sid, c.Operator, c.Key)
		}
		// Exceptions that expire need this one for themselves.
		if c.Operator == (iam.Operator{Base: "DateGreaterThanEquals"}) && strings.EqualFold(c.Key, "aws:CurrentTime") {
			add("statement %s reads the clock in the way that expiring exceptions do", s.Sid)
		}
	}
	return ds
}

// joinable reports whether two conditions with this operator on the same key
// may become one with both lists of values.
func joinable(op iam.Operator) bool { return op.Negated() && op.Set != iam.ForAnyValue }
