package iam

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Canonical returns the policy in the form that printing and parsing keep:
// lists and values sorted and without duplicates, conditions sorted, Actions
// and Resources nil where the element is missing. Statements keep their order.
// It means the same as p.
func (p Policy) Canonical() Policy {
	out := p
	out.Statements = nil
	for _, s := range p.Statements {
		s.Principal, s.NotPrincipal = canonicalPrincipal(s.Principal), canonicalPrincipal(s.NotPrincipal)
		s.Actions, s.NotActions = sorted(s.Actions), sorted(s.NotActions)
		s.Resources, s.NotResources = sorted(s.Resources), sorted(s.NotResources)
		conditions := slices.Clone(s.Conditions)
		for i, c := range conditions {
			if conditions[i].Values = sorted(c.Values); c.Values == nil {
				conditions[i].Values = []string{}
			}
		}
		slices.SortStableFunc(conditions, CompareConditions)
		s.Conditions = nil
		if len(conditions) > 0 {
			s.Conditions = conditions
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}

func canonicalPrincipal(p *Principal) *Principal {
	if p == nil {
		return nil
	}
	if p.Any {
		return &Principal{Any: true}
	}
	q := &Principal{}
	for _, f := range []struct{ into, from *[]string }{
		{&q.AWS, &p.AWS},
		{&q.Service, &p.Service},
		{&q.Federated, &p.Federated},
		{&q.CanonicalUser, &p.CanonicalUser},
	} {
		if len(*f.from) > 0 {
			*f.into = sorted(*f.from)
		}
	}
	return q
}

// sorted returns a sorted copy without duplicates; nil stays nil.
func sorted(list []string) []string {
	if list == nil {
		return nil
	}
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// JSON prints the policy in its canonical form: no white space; the elements
// in the order of the documentation (Version, Id, Statement; Sid, Effect,
// Principal, NotPrincipal, Action, NotAction, Resource, NotResource,
// Condition); Statement always a list; every other list sorted, without
// duplicates, and a plain string when it holds one value, which is the
// shortest form. Characters beyond ASCII and <, > and & stand as they are.
//
// A policy must not hold two conditions with the same operator and key: JSON
// cannot say that. They come out as duplicate keys, which [Parse] refuses.
func (p Policy) JSON() []byte {
	w := &printer{}
	p = p.Canonical()
	w.open('{')
	w.optional("Version", p.Version)
	w.optional("Id", p.ID)
	w.key("Statement")
	w.open('[')
	for _, s := range p.Statements {
		w.item()
		w.open('{')
		w.optional("Sid", s.Sid)
		w.key("Effect")
		w.string(string(s.Effect))
		w.principal("Principal", s.Principal)
		w.principal("NotPrincipal", s.NotPrincipal)
		w.list("Action", s.Actions)
		w.list("NotAction", s.NotActions)
		w.list("Resource", s.Resources)
		w.list("NotResource", s.NotResources)
		w.conditions(s.Conditions)
		w.close('}')
	}
	w.close(']')
	w.close('}')
	return w.buf.Bytes()
}

// TerraformJSON prints the bytes that Terraform's jsonencode gives for the
// policy written as an object: no white space, keys sorted at every level,
// lists always lists (in canonical order), and <, >, & and the line separators
// escaped. Elements that are empty are left out.
func (p Policy) TerraformJSON() []byte {
	w := &printer{terraform: true}
	p = p.Canonical()
	w.open('{')
	w.optional("Id", p.ID)
	w.key("Statement")
	w.open('[')
	for _, s := range p.Statements {
		w.item()
		w.open('{')
		w.list("Action", s.Actions)
		w.conditions(s.Conditions)
		w.key("Effect")
		w.string(string(s.Effect))
		w.list("NotAction", s.NotActions)
		w.principal("NotPrincipal", s.NotPrincipal)
		w.list("NotResource", s.NotResources)
		w.principal("Principal", s.Principal)
		w.list("Resource", s.Resources)
		w.optional("Sid", s.Sid)
		w.close('}')
	}
	w.close(']')
	w.optional("Version", p.Version)
	w.close('}')
	return w.buf.Bytes()
}

// printer writes compact JSON in the order of its calls.
type printer struct {
	buf       bytes.Buffer
	terraform bool
	started   bool // something stands at this level, so a comma is due
}

func (w *printer) open(c byte) {
	w.buf.WriteByte(c)
	w.started = false
}

func (w *printer) close(c byte) {
	w.buf.WriteByte(c)
	w.started = true
}

// item begins an item of a list or a member of an object.
func (w *printer) item() {
	if w.started {
		w.buf.WriteByte(',')
	}
	w.started = true
}

func (w *printer) key(name string) {
	w.item()
	w.string(name)
	w.buf.WriteByte(':')
}

func (w *printer) string(s string) {
	enc := json.NewEncoder(&w.buf)
	enc.SetEscapeHTML(w.terraform)
	_ = enc.Encode(s) // a string in a buffer cannot fail
	w.buf.Truncate(w.buf.Len() - 1)
}

func (w *printer) optional(name, value string) {
	if value != "" {
		w.key(name)
		w.string(value)
	}
}

func (w *printer) list(name string, values []string) {
	if values == nil {
		return
	}
	w.key(name)
	w.values(values)
}

func (w *printer) values(values []string) {
	if len(values) == 1 && !w.terraform {
		w.string(values[0])
		return
	}
	w.open('[')
	for _, v := range values {
		w.item()
		w.string(v)
	}
	w.close(']')
}

func (w *printer) principal(name string, p *Principal) {
	if p == nil {
		return
	}
	w.key(name)
	if p.Any {
		w.string("*")
		return
	}
	w.open('{')
	w.list("AWS", p.AWS)
	w.list("CanonicalUser", p.CanonicalUser)
	w.list("Federated", p.Federated)
	w.list("Service", p.Service)
	w.close('}')
}

// conditions writes the conditions, which are sorted by operator and key.
func (w *printer) conditions(conditions []Condition) {
	if len(conditions) == 0 {
		return
	}
	w.key("Condition")
	w.open('{')
	for i, c := range conditions {
		if i == 0 || c.Operator != conditions[i-1].Operator {
			if i > 0 {
				w.close('}')
			}
			w.key(c.Operator.String())
			w.open('{')
		}
		w.key(c.Key)
		w.values(c.Values)
	}
	w.close('}')
	w.close('}')
}
