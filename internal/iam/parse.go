package iam

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Places tells where the parts of a parsed policy stand in its source.
type Places struct {
	Statements []StatementPlaces // as in Policy.Statements
}

// StatementPlaces tells where a statement and its elements stand.
type StatementPlaces struct {
	Statement diag.Place
	Elements  map[string]diag.Place   // by element name: where its value begins
	Values    map[string][]diag.Place // by element name: where each listed value stands
	Keys      []diag.Place            // as in Statement.Conditions: where the key stands
}

// Parse reads a policy and checks it against a profile. The policy is nil when
// there are errors; warnings come with the policy. Lists keep their order, and
// conditions are sorted.
func Parse(src []byte, file string, p Profile) (*Policy, diag.Diagnostics) {
	policy, _, ds := ParsePlaces(src, file, p)
	return policy, ds
}

// ParsePlaces is [Parse] that also tells where everything stands.
func ParsePlaces(src []byte, file string, p Profile) (*Policy, Places, diag.Diagnostics) {
	r := &parser{source: newSource(src, file), profile: p}
	root, problem := r.readJSON()
	if problem != nil {
		return nil, Places{}, diag.Diagnostics{*problem}
	}
	policy := r.policy(root)
	r.check(policy)
	r.diags.Sort()
	if r.diags.HasErrors() {
		return nil, Places{}, r.diags
	}
	return policy, r.places, r.diags
}

type parser struct {
	*source
	profile Profile
	places  Places
	diags   diag.Diagnostics
}

func (r *parser) add(d diag.Diagnostic, offset int) { r.diags = append(r.diags, d.At(r.place(offset))) }

func (r *parser) policy(root *node) *Policy {
	policy := &Policy{}
	members := r.members(root, "the policy", []string{"Version", "Id", "Statement"}, false)
	if members == nil {
		return policy
	}
	if n := members["Version"]; n != nil {
		policy.Version = r.text(n, "Version")
		if policy.Version != Version2008 && policy.Version != Version2012 {
			r.add(diag.Errorf("iam-version", "Version is %q", policy.Version).
				WithHint("write %q; %q is the older language without policy variables", Version2012, Version2008), n.offset)
		}
	}
	if n := members["Id"]; n != nil {
		policy.ID = r.text(n, "Id")
	}
	n := members["Statement"]
	if n == nil {
		r.add(diag.Errorf("iam-element-missing", "the policy has no Statement").
			WithHint(`a policy is {"Version": "2012-10-17", "Statement": […]}`), root.offset)
		return policy
	}
	for _, item := range list(n) {
		if item.kind != nodeObject {
			r.add(diag.Errorf("iam-type", "a statement is not an object"), item.offset)
			continue
		}
		s, at := r.statement(item)
		policy.Statements = append(policy.Statements, s)
		r.places.Statements = append(r.places.Statements, at)
	}
	if len(list(n)) == 0 {
		r.add(diag.Warningf("iam-empty", "the policy has no statement").
			WithDetail("It allows nothing and denies nothing."), n.offset)
	}
	return policy
}

// statementElements lists what a statement can hold, in the order of printing.
var statementElements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func (r *parser) statement(n *node) (Statement, StatementPlaces) {
	at := StatementPlaces{
		Statement: r.place(n.offset), Elements: map[string]diag.Place{}, Values: map[string][]diag.Place{},
	}
	var s Statement
	m := r.members(n, "a statement", statementElements, false)
	for name, value := range m {
		at.Elements[name] = r.place(value.offset)
	}
	if v := m["Sid"]; v != nil {
		s.Sid = r.text(v, "Sid")
	}
	switch v := m["Effect"]; {
	case v == nil:
		r.add(diag.Errorf("iam-element-missing", "the statement has no Effect").
			WithHint(`add "Effect": "Allow" or "Effect": "Deny"`), n.offset)
	default:
		s.Effect = Effect(r.text(v, "Effect"))
		if s.Effect != Allow && s.Effect != Deny {
			r.add(diag.Errorf("iam-effect", "Effect is %q", s.Effect).
				WithHint("write Allow or Deny, in this case"), v.offset)
		}
	}
	r.pair(m, n, "Principal", "NotPrincipal", false)
	r.pair(m, n, "Action", "NotAction", true)
	r.pair(m, n, "Resource", "NotResource", false)
	s.Principal = r.principal(m["Principal"], "Principal")
	s.NotPrincipal = r.principal(m["NotPrincipal"], "NotPrincipal")
	for name, into := range map[string]*[]string{
		"Action": &s.Actions, "NotAction": &s.NotActions, "Resource": &s.Resources, "NotResource": &s.NotResources,
	} {
		if v := m[name]; v != nil {
			*into, at.Values[name] = r.strings(v, name)
			if v.kind == nodeArray && len(v.items) == 0 {
				r.add(diag.Errorf("iam-empty", "%s is empty", name).WithHint("list at least one value"), v.offset)
			}
		}
	}
	s.Conditions, at.Keys = r.conditions(m["Condition"])
	return s, at
}

// pair refuses two elements that exclude each other, and neither where one is
// required.
func (r *parser) pair(m map[string]*node, n *node, a, b string, required bool) {
	switch {
	case m[a] != nil && m[b] != nil:
		r.add(diag.Errorf("iam-element-conflict", "the statement has both %s and %s", a, b).
			WithHint("keep one, or split the statement"), m[b].offset)
	case required && m[a] == nil && m[b] == nil:
		r.add(diag.Errorf("iam-element-missing", "the statement has neither %s nor %s", a, b), n.offset)
	}
}

// members returns an object's members by name. Unknown and duplicate names are
// errors; with fold set, names that differ in case only are duplicates.
func (r *parser) members(n *node, what string, known []string, fold bool) map[string]*node {
	if n.kind != nodeObject {
		r.add(diag.Errorf("iam-type", "%s is not an object", what), n.offset)
		return nil
	}
	out := make(map[string]*node, len(n.members))
	seen := make(map[string]string, len(n.members))
	for _, m := range n.members {
		name := m.key
		if fold {
			name = strings.ToLower(name)
		}
		if first, ok := seen[name]; ok {
			d := diag.Errorf("iam-duplicate-key", "%s has %q twice", what, m.key).
				WithDetail("JSON parsers differ in which of the two they keep.").WithHint("merge the two, or remove one")
			if first != m.key {
				d.Summary = what + " has both " + first + " and " + m.key
				d.Detail = "Case does not matter here, so the two are the same."
			}
			r.add(d, m.offset)
			continue
		}
		seen[name] = m.key
		if known != nil && !slices.Contains(known, m.key) {
			d := diag.Errorf("iam-element-unknown", "%s cannot hold %q", what, m.key).
				WithHint("it can hold %s", strings.Join(known, ", "))
			for _, k := range known {
				if strings.EqualFold(k, m.key) || strings.EqualFold(k+"s", m.key) {
					d.Hints = []string{"write " + k}
				}
			}
			r.add(d, m.offset)
			continue
		}
		out[m.key] = m.value
	}
	return out
}

// list returns the items of an array, or the value itself as the only one.
func list(n *node) []*node {
	if n.kind == nodeArray {
		return n.items
	}
	return []*node{n}
}

func (r *parser) text(n *node, what string) string {
	if n.kind != nodeString {
		r.add(diag.Errorf("iam-type", "%s is not a string", what), n.offset)
	}
	return n.text
}

// strings reads a string or a list of strings, never nil.
func (r *parser) strings(n *node, what string) (values []string, places []diag.Place) {
	values = []string{}
	for _, item := range list(n) {
		if text := r.text(item, what); item.kind == nodeString {
			values = append(values, text)
			places = append(places, r.place(item.offset))
		}
	}
	return values, places
}

func (r *parser) principal(n *node, what string) *Principal {
	if n == nil {
		return nil
	}
	p := &Principal{}
	if n.kind == nodeString {
		if p.Any = n.text == "*"; !p.Any {
			r.add(diag.Errorf("iam-principal", "%s is %q", what, n.text).
				WithHint(`write "*", or name the kind: {"AWS": %q}`, n.text), n.offset)
		}
		return p
	}
	m := r.members(n, what, []string{"AWS", "Service", "Federated", "CanonicalUser"}, false)
	for name, into := range map[string]*[]string{
		"AWS": &p.AWS, "Service": &p.Service, "Federated": &p.Federated, "CanonicalUser": &p.CanonicalUser,
	} {
		if v := m[name]; v != nil {
			if values, _ := r.strings(v, what+"."+name); len(values) > 0 {
				*into = values
			}
		}
	}
	return p
}

// conditions reads a Condition element. Operators and keys that differ in case
// only count as duplicates.
func (r *parser) conditions(n *node) ([]Condition, []diag.Place) {
	if n == nil {
		return nil, nil
	}
	type placed struct {
		Condition
		at diag.Place
	}
	var all []placed
	r.members(n, "Condition", nil, true)
	for _, m := range n.members {
		op, err := ParseOperator(m.key)
		if err != nil {
			d := diag.Errorf("iam-operator", "%v", err)
			if near := nearest(m.key); near != "" {
				d = d.WithHint("did you mean %s?", near)
			} else {
				d = d.WithHint("operators are %s, after ForAnyValue: or ForAllValues: and before IfExists where wanted",
					strings.Join(Operators(), ", "))
			}
			r.add(d, m.offset)
			continue
		}
		r.members(m.value, m.key, nil, true)
		for _, k := range m.value.members {
			if strings.TrimSpace(k.key) == "" {
				r.add(diag.Errorf("iam-condition-key", "%s has an empty key", m.key), k.offset)
			}
			c := Condition{Operator: op, Key: k.key, Values: r.values(k.value, m.key+" "+k.key)}
			all = append(all, placed{c, r.place(k.offset)})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return CompareConditions(a.Condition, b.Condition) })
	var conditions []Condition
	var places []diag.Place
	for _, c := range all {
		conditions = append(conditions, c.Condition)
		places = append(places, c.at)
	}
	return conditions, places
}

// values reads the values of a condition key. Numbers and booleans count as
// their text.
func (r *parser) values(n *node, what string) []string {
	values := []string{}
	for _, item := range list(n) {
		if item.kind != nodeString && item.kind != nodeScalar {
			r.add(diag.Errorf("iam-type", "a value of %s is neither a string, a number nor a boolean", what), item.offset)
			continue
		}
		values = append(values, item.text)
	}
	return values
}
