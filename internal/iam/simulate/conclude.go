package simulate

import (
	"bytes"
	"slices"
	"strings"
)

// verdict is what the layers say together.
type verdict struct {
	deny    tri
	allowed tri // leaving denies aside
	failing int // the first block that does not allow; -1: none
	granted int // the block that grants; -1: none
}

// decide puts the layers together
// (reference_policies_evaluation-logic_policy-eval-denyallow).
func (s *scratch) decide() verdict {
	v := verdict{allowed: yes, failing: -1, granted: -1}
	limit := func(block int, allow tri) {
		if allow == no && v.failing < 0 {
			v.failing = block
		}
		v.allowed = min(v.allowed, allow)
	}
	for i := range s.states {
		v.deny = max(v.deny, s.states[i].deny)
	}
	for i := blockLevels; i < len(s.e.blocks); i++ {
		if s.applies[i] && s.e.blocks[i].layer == LayerSCP {
			limit(i, s.states[i].allow[unnamed])
		}
	}
	if s.applies[blockEndpoint] {
		limit(blockEndpoint, s.states[blockEndpoint].allow[unnamed])
	}
	core, failing, granted := s.core()
	v.granted = granted
	limit(failing, core)
	return v
}

// core judges what grants: the caller's policies, the resource's policy, or
// both. It returns the block that fails if there is no grant, and the one that
// grants if there is.
func (s *scratch) core() (allowed tri, failing, granted int) {
	id := &s.caller
	byResource := s.states[blockResource].allow
	if !id.inAccount() {
		return byResource[unnamed], blockResource, blockResource
	}
	own, failing := s.own()
	if id.account != s.account {
		// Across accounts both sides must allow.
		if !s.applies[blockResource] || byResource[unnamed] == no {
			return no, blockResource, blockResource
		}
		return min(own, byResource[unnamed]), failing, blockResource
	}
	within := min(s.allowOf(blockBoundary), s.session())
	named := max(byResource[directGrade], min(byResource[byRole], within))
	if s.needsTrust() && s.applies[blockResource] {
		// The resource's policy alone grants, or lets the account's do so.
		if byResource[unnamed] == no {
			return no, blockResource, blockResource
		}
		own = min(own, byResource[unnamed])
	}
	switch {
	case own == yes || named == no:
		return own, failing, blockIdentity
	case named == yes || own == no:
		return named, failing, blockResource
	}
	return maybe, failing, blockIdentity
}

// own returns what the caller's own policies allow, and which of them fails.
func (s *scratch) own() (tri, int) {
	result, failing := yes, blockIdentity
	for _, b := range []struct {
		block int
		allow tri
	}{
		{blockIdentity, s.allowOf(blockIdentity)},
		{blockBoundary, s.allowOf(blockBoundary)},
		{blockSession, s.session()},
	} {
		if b.allow < result {
			result, failing = b.allow, b.block
		}
	}
	return result, failing
}

// allowOf returns what a block allows; one that does not apply does not limit.
func (s *scratch) allowOf(block int) tri {
	if !s.applies[block] {
		return yes
	}
	return s.states[block].allow[unnamed]
}

// session returns what the session policies allow. A session of
// GetFederationToken has no permissions without them (access_policies_boundaries).
func (s *scratch) session() tri {
	if s.caller.kind == federatedUser && !s.applies[blockSession] {
		return no
	}
	return s.allowOf(blockSession)
}

var assumeRole = []byte("assumerole")

// needsTrust reports whether the resource's own policy must grant or delegate
// even within the account: keys of KMS, and roles that are to be assumed.
func (s *scratch) needsTrust() bool {
	switch string(s.service) {
	case "kms":
		return s.isARN && strings.HasPrefix(s.arn.Resource, "key/")
	case "sts":
		if !s.isARN || s.arn.Service != "iam" || !strings.HasPrefix(s.arn.Resource, "role/") {
			return false
		}
		return bytes.HasPrefix(s.operation, assumeRole) ||
			string(s.operation) == "tagsession" || string(s.operation) == "setsourceidentity"
	}
	return false
}

// conclude writes the decision. With reuse set it appends to the decision's
// slices; otherwise a single statement is a slice of the evaluator's own.
func (s *scratch) conclude(d *Decision, reuse bool) {
	statements, depends := d.Statements[:0], d.DependsOn[:0]
	*d = Decision{}
	if reuse {
		d.Statements, d.DependsOn = statements, depends
	}
	if string(s.folded) == "sts:getcalleridentity" { // needs no permission, and no deny stops it
		d.Effect = Allowed
		return
	}
	v := s.decide()
	switch {
	case v.deny == yes:
		d.Effect = ExplicitlyDenied
		s.name(d, s.firstDeny(false), true, false, reuse)
	case v.allowed == no:
		d.Effect = ImplicitlyDenied
		d.Layer, d.Target = s.e.blocks[v.failing].layer, s.e.blocks[v.failing].target
	case v.deny == maybe:
		d.Effect = Depends
		s.name(d, s.firstDeny(true), true, true, reuse)
		s.dependencies(d, v)
	case v.allowed == maybe:
		d.Effect = Depends
		s.name(d, s.firstMaybe(), false, true, reuse)
		s.dependencies(d, v)
	default:
		d.Effect = Allowed
		s.name(d, v.granted, false, false, reuse)
	}
}

// precedence orders the layers as AWS goes through them.
var precedence = map[Layer]int{
	LayerRCP: 0, LayerSCP: 1, LayerEndpoint: 2, LayerResource: 3, LayerIdentity: 4, LayerBoundary: 5, LayerSession: 6,
}

// before reports whether block a comes before block b.
func (s *scratch) before(a, b int) bool {
	x, y := precedence[s.e.blocks[a].layer], precedence[s.e.blocks[b].layer]
	return x < y || x == y && a < b
}

// firstDeny returns the first block with a deny that matches, perhaps or for
// sure.
func (s *scratch) firstDeny(perhaps bool) int {
	first := -1
	for i := range s.states {
		if deny := s.states[i].deny; deny == yes || perhaps && deny == maybe {
			if first < 0 || s.before(i, first) {
				first = i
			}
		}
	}
	return first
}

// firstMaybe returns the first block with an Allow that matches perhaps.
func (s *scratch) firstMaybe() int {
	first := -1
	for k, i := range s.matched {
		st := &s.e.statements[i]
		if b := int(st.block); s.maybes[k] && !st.deny && (first < 0 || s.before(b, first)) {
			first = b
		}
	}
	return first
}

// name puts the block and its matching statements of one effect into the
// decision.
func (s *scratch) name(d *Decision, block int, deny, perhaps, reuse bool) {
	d.Layer, d.Target = s.e.blocks[block].layer, s.e.blocks[block].target
	count, only := 0, int32(0)
	for k, i := range s.matched {
		st := &s.e.statements[i]
		if int(st.block) != block || st.deny != deny || s.maybes[k] != perhaps {
			continue
		}
		count, only = count+1, i
		if count > 1 || reuse {
			if count == 2 && !reuse {
				d.Statements = append(make([]StatementRef, 0, 4), d.Statements...)
			}
			d.Statements = append(d.Statements, s.e.refs[i])
			continue
		}
		d.Statements = s.e.refs[only : only+1 : only+1]
	}
	if count > 1 {
		slices.SortFunc(d.Statements, compareRefs)
	}
}

func compareRefs(a, b StatementRef) int {
	if a.Policy != b.Policy {
		return a.Policy - b.Policy
	}
	return a.Statement - b.Statement
}

// dependencies lists the unknown keys on which the decision hangs: those of
// the denies that match perhaps, and, where allowing is open too, of the
// allows.
func (s *scratch) dependencies(d *Decision, v verdict) {
	for k, i := range s.matched {
		st := &s.e.statements[i]
		if !s.maybes[k] || !st.deny && v.allowed == yes {
			continue
		}
		for _, c := range st.conditions {
			if s.condition(c) != maybe {
				continue
			}
			cond := &s.e.conditions[c]
			d.DependsOn = s.unknownKey(d.DependsOn, cond.slot)
			for _, slot := range cond.vars {
				d.DependsOn = s.unknownKey(d.DependsOn, slot)
			}
		}
		if s.judgeResource(st) == maybe {
			for _, slot := range st.resourceVars {
				d.DependsOn = s.unknownKey(d.DependsOn, slot)
			}
		}
	}
	slices.Sort(d.DependsOn)
}

// unknownKey adds the key of a slot if it is unknown and not listed yet.
func (s *scratch) unknownKey(keys []string, slot int32) []string {
	if s.values[slot].kind != unknown || slices.Contains(keys, s.names[slot]) {
		return keys
	}
	return append(keys, s.names[slot])
}
