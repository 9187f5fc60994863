package symbolic

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// maxFillings is how many choices of values for variables are tried.
const maxFillings = 64

// fillVariables looks for a request where a policy variable decides. That no
// request exists was not proved before, nor is it here: it tries values for the
// variables that the guess suggests, each as a problem without variables.
func (q *solver) fillVariables(g *guess, assumed []Expr) Result {
	keys := variableKeys(q.expr.node())
	fillings := []map[string]value{{}}
	for _, key := range keys {
		var next []map[string]value
		for _, f := range fillings {
			for _, v := range q.suggestions(key, g) {
				with := map[string]value{key: v}
				maps.Copy(with, f)
				next = append(next, with)
			}
		}
		fillings = next[:min(len(next), maxFillings)]
	}
	for _, f := range fillings {
		parts := []Expr{fill(q.expr, f)}
		for _, key := range keys {
			parts = append(parts, pin(key, f[key]))
		}
		r, open := q.round(And(append(parts, assumed...)...))
		if open == nil && r.Verdict == Satisfiable && q.replay.holds(r.Witness) && q.meetsFacts(r.Witness) {
			addCaller(r.Witness)
			return r
		}
	}
	return unknown("policy variables decide: ${" + strings.Join(keys, "}, ${") + "}")
}

func (q *solver) meetsFacts(r *simulate.Request) bool {
	for _, f := range q.facts {
		if !Eval(f.Holds, r) {
			return false
		}
		if f.Lemma != nil {
			if lemma, ok := f.Lemma(r); ok && !Eval(lemma, r) {
				return false
			}
		}
	}
	return true
}

// pin returns that a key has a value.
func pin(key string, v value) Expr {
	if v.kind == absent {
		return null(key, true)
	}
	return condition("StringEquals", key, iam.Escape(v.texts[0]))
}

// suggestions returns values for a variable: those with which some pattern
// would match what the guess has in its place, what the guess has for the key
// itself, others, and none.
func (q *solver) suggestions(key string, g *guess) []value {
	var texts []string
	q.expr.node().eachLeaf(func(n *node) {
		eachTemplate(&n.leaf, func(where, text string) {
			for i, name := range g.names {
				if strings.EqualFold(name, where) {
					for _, v := range g.values[i].texts {
						texts = append(texts, captured(text, key, v)...)
					}
				}
			}
		})
	})
	for i, name := range g.names {
		if strings.EqualFold(name, key) {
			texts = append(texts, g.values[i].texts...)
		}
	}
	texts = append(texts, "parapet")
	texts = distinct(texts)
	// Where the variable is not to match, a value that differs from all these
	// may be needed, and the key has conditions of its own.
	differs := []Expr{fill(q.expr, nil), null(key, false)}
	for _, text := range texts {
		differs = append(differs, Not(pin(key, single(text))))
	}
	if r, _ := q.round(And(append(differs, q.held...)...)); r.Verdict == Satisfiable {
		if text, ok := oneText(r.Witness, key); ok {
			texts = append(texts, text)
		}
	}
	var out []value
	for _, text := range texts {
		out = append(out, single(text))
	}
	return append(out, value{})
}

// captured returns what a variable stands for when a pattern matches a text.
func captured(pattern, key, text string) []string {
	var b strings.Builder
	b.WriteString("^(?s)")
	found := false
	for _, t := range iam.ParseTemplate(pattern, true) {
		switch {
		case t.Kind == iam.AnyRun:
			b.WriteString(".*")
		case t.Kind == iam.AnyOne:
			b.WriteString(".")
		case t.Kind == iam.Variable && strings.EqualFold(t.Text, key):
			b.WriteString("(.*)")
			found = true
		case t.Kind == iam.Variable:
			b.WriteString(".*")
		default:
			b.WriteString(regexp.QuoteMeta(t.Text))
		}
	}
	if !found {
		return nil
	}
	re, err := regexp.Compile(b.String() + "$")
	if err != nil {
		return nil // the pattern is too long for one
	}
	m := re.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	return m[1:]
}

// eachTemplate visits the texts of a statement in which variables count, with
// the key that they are compared with.
func eachTemplate(s *iam.Statement, visit func(where, text string)) {
	for _, list := range [][]string{s.Resources, s.NotResources} {
		for _, text := range list {
			visit(theResource, text)
		}
	}
	for _, c := range s.Conditions {
		if c.Operator.Variables() {
			for _, text := range c.Values {
				visit(c.Key, text)
			}
		}
	}
}

// variableKeys returns the keys of the variables, in lower case, sorted.
func variableKeys(n *node) []string {
	var keys []string
	n.eachLeaf(func(n *node) {
		if n.old {
			return
		}
		eachTemplate(&n.leaf, func(_, text string) {
			for _, t := range iam.ParseTemplate(text, true) {
				if t.Kind == iam.Variable {
					keys = append(keys, strings.ToLower(t.Text))
				}
			}
		})
	})
	return distinct(keys)
}

// fill puts values in place of the variables. A pattern whose variable has no
// value matches nothing.
func fill(e Expr, values map[string]value) Expr {
	n := e.node()
	if n.kind != isLeaf {
		out := &node{kind: n.kind}
		for _, k := range n.kids {
			out.kids = append(out.kids, fill(Expr{k}, values).n)
		}
		return Expr{out}
	}
	if n.old {
		return e
	}
	s := n.leaf
	s.Resources = fillAll(s.Resources, values, resourceText)
	s.NotResources = fillAll(s.NotResources, values, resourceText)
	s.Conditions = slices.Clone(s.Conditions)
	for i, c := range s.Conditions {
		if c.Operator.Variables() {
			s.Conditions[i].Values = fillAll(c.Values, values, fillText)
		}
	}
	return Matches(s)
}

// nothing is a pattern of a resource that matches nothing.
const nothing = "arn:"

func fillAll(list []string, values map[string]value, one func(string, map[string]value) (string, bool)) []string {
	if list == nil {
		return nil
	}
	out := []string{}
	for _, text := range list {
		filled, ok := one(text, values)
		if ok {
			out = append(out, filled)
		}
	}
	return out
}

// resourceText fills the part of a Resource pattern where variables count.
func resourceText(text string, values map[string]value) (string, bool) {
	parts := iam.SplitPattern(text, true)
	last, ok := fillText(parts[len(parts)-1], values)
	if !ok {
		return nothing, true // a list without patterns would match everything
	}
	if len(parts) < 6 {
		return text, true
	}
	return strings.Join(append(parts[:5], last), ":"), true
}

func fillText(text string, values map[string]value) (string, bool) {
	var b strings.Builder
	for _, t := range iam.ParseTemplate(text, true) {
		switch t.Kind {
		case iam.AnyRun:
			b.WriteByte('*')
		case iam.AnyOne:
			b.WriteByte('?')
		case iam.Literal:
			b.WriteString(iam.Escape(t.Text))
		case iam.Variable:
			v := values[strings.ToLower(t.Text)]
			switch {
			case v.kind != absent:
				b.WriteString(iam.Escape(v.texts[0]))
			case t.HasDefault:
				b.WriteString(iam.Escape(t.Default))
			default:
				return "", false
			}
		}
	}
	return b.String(), true
}
