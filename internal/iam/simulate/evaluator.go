package simulate

import (
	"bytes"

	"github.com/parapet-dev/parapet/internal/iam"
)

// Effect is the outcome of a decision.
type Effect string

// Effects.
const (
	Allowed          Effect = "Allowed"
	ExplicitlyDenied Effect = "ExplicitlyDenied" // a Deny statement matches
	ImplicitlyDenied Effect = "ImplicitlyDenied" // some layer that must allow does not
	Depends          Effect = "Depends"          // on keys that are unknown
)

// Decision is the answer to a request.
type Decision struct {
	Effect Effect
	// Layer decided: it holds the deny, fails to allow, or grants. Empty when
	// nothing did, as for sts:GetCallerIdentity, which is always allowed.
	Layer Layer
	// Target is the level of that layer, for SCPs and RCPs.
	Target string
	// Statements are those that decided, in the order of the layer's policies:
	// the denies, the grants, or, when it depends, those that match perhaps. An
	// implicit denial has none.
	Statements []StatementRef
	// DependsOn lists the unknown keys that decide, sorted.
	DependsOn []string
}

// keyPrincipalARN tells the role of a session, path included.
const keyPrincipalARN = "aws:PrincipalArn"

var colon = []byte(":")

// slotPrincipalARN is the slot of that key in every evaluator.
const slotPrincipalARN = 0

// scratch is the state of one decision. It is reused, so that deciding
// allocates nothing.
type scratch struct {
	e        *Evaluator
	values   []Value  // by slot
	names    []string // by slot: the key as the request spells it
	caller   identity
	account  string // of the resource
	resource string
	arn      iam.ARN // of the resource
	isARN    bool
	action   string
	// service and operation are the two halves of the action in lower case.
	service, operation []byte
	lastText           string // what split saw last
	lastARN            iam.ARN
	lastOK             bool
	missing            tri      // whether a variable without a value was met
	applies            []bool   // by block
	epoch              uint64   // of this decision; too wide to wrap
	seen               []uint64 // statement → epoch in which it was judged
	judged             []uint64 // condition → epoch in which it was judged
	results            []tri    // of the conditions
	matched            []int32  // statements that match, perhaps or for sure
	maybes             []bool   // as matched: perhaps
	folded             []byte   // the action in lower case
	key                []byte   // a key in lower case
	states             []state  // by block
}

// state sums up what the statements of a block say.
type state struct {
	deny  tri
	allow [directGrade + 1]tri // by grade, each at that grade or a stronger one
}

func newScratch(e *Evaluator) *scratch {
	return &scratch{
		e: e, values: make([]Value, len(e.keys)), names: make([]string, len(e.keys)),
		applies: make([]bool, len(e.blocks)), states: make([]state, len(e.blocks)),
		seen: make([]uint64, len(e.statements)), judged: make([]uint64, len(e.conditions)),
		results: make([]tri, len(e.conditions)),
	}
}

// Decide answers a request. It allocates only for a decision of more than one
// statement or with unknown keys; [Evaluator.DecideInto] never does.
func (e *Evaluator) Decide(r *Request) Decision {
	s := e.bind(r)
	s.run()
	var d Decision
	s.conclude(&d, false)
	e.release(s)
	return d
}

// DecideInto is [Evaluator.Decide] into a decision whose slices it reuses, so
// that it allocates nothing once they have grown.
func (e *Evaluator) DecideInto(d *Decision, r *Request) {
	s := e.bind(r)
	s.run()
	s.conclude(d, true)
	e.release(s)
}

func (e *Evaluator) release(s *scratch) {
	// Nothing of the request may be kept alive by the pool.
	clear(s.values)
	clear(s.names)
	s.caller, s.arn, s.lastARN = identity{}, iam.ARN{}, iam.ARN{}
	s.account, s.resource, s.action, s.lastText = "", "", "", ""
	e.pool.Put(s)
}

// bind prepares the state for a request.
func (e *Evaluator) bind(r *Request) *scratch {
	s, _ := e.pool.Get().(*scratch)
	s.epoch++
	s.matched, s.maybes = s.matched[:0], s.maybes[:0]
	clear(s.states)
	for key, v := range r.Context {
		s.set(key, v)
	}
	s.caller.parse(r.Principal)
	if v := &s.values[slotPrincipalARN]; v.kind == single && s.caller.kind == session {
		s.caller.know(v.one)
	}
	s.resource = r.Resource
	if s.resource == "" {
		s.resource = "*"
	}
	s.arn, s.isARN = iam.SplitARN(s.resource)
	s.account = r.resourceAccount(s.caller.account)
	s.action, s.folded = r.Action, fold(s.folded, r.Action)
	s.service, s.operation, _ = bytes.Cut(s.folded, colon)
	s.scope()
	return s
}

// know takes the role of a session from its aws:PrincipalArn, if that is the
// ARN of a role of this name.
func (id *identity) know(roleARN string) {
	var r identity
	r.parse(roleARN)
	if r.kind == role && r.name == id.name && r.account == id.account {
		id.roleARN, id.linked = roleARN, r.linked
	}
}

// set stores a key of the context. Of two spellings of one key the one that
// sorts first counts, so that the answer does not depend on the map's order.
func (s *scratch) set(key string, v Value) {
	if n := min(len(key), 255); s.e.lengths[n/64]&(1<<(n%64)) == 0 {
		return
	}
	slot, ok := s.e.slots[key]
	if !ok {
		s.key = fold(s.key, key)
		if slot, ok = s.e.slots[string(s.key)]; !ok {
			return
		}
	}
	if name := s.names[slot]; name != "" && name < key {
		return
	}
	s.values[slot], s.names[slot] = v, key
}

// fold writes text in lower case into a buffer that it reuses.
func fold(into []byte, text string) []byte {
	into = append(into[:0], text...)
	for i, c := range into {
		if 'A' <= c && c <= 'Z' {
			into[i] = c + 'a' - 'A'
		}
	}
	return into
}

// scope tells which blocks bear on the request.
func (s *scratch) scope() {
	id, h := &s.caller, &s.e.hierarchy
	member := id.inAccount() && !id.linked && (h.ManagementAccount == "" || id.account != h.ManagementAccount)
	for i := range s.e.blocks {
		b := &s.e.blocks[i]
		on := b.given
		switch b.layer {
		case LayerSCP:
			on = on && member
		case LayerRCP:
			on = on && s.underRCP()
		case LayerIdentity, LayerBoundary:
			on = on && id.inAccount() && id.kind != root
		case LayerSession:
			on = on && id.inAccount()
		case LayerEndpoint, LayerResource:
		}
		s.applies[i] = on
	}
}

// underRCP reports whether RCPs reach the request: not in the management
// account, not for service-linked roles, and only in the services that
// support them (orgs_manage_policies_rcps).
func (s *scratch) underRCP() bool {
	h := &s.e.hierarchy
	if s.caller.linked || s.account != "" && s.account == h.ManagementAccount || string(s.folded) == "kms:retiregrant" {
		return false
	}
	return h.RCPServices == nil || s.e.rcpServices[string(s.service)]
}

// run judges every statement whose actions can match.
func (s *scratch) run() {
	s.e.index.find(s, (*scratch).visit)
}

// visit judges a statement and adds it to the state of its block.
func (s *scratch) visit(i int32) {
	if s.seen[i] == s.epoch {
		return
	}
	s.seen[i] = s.epoch
	st := &s.e.statements[i]
	if !s.applies[st.block] {
		return
	}
	g, m := s.judge(st)
	if m == no {
		return
	}
	s.matched, s.maybes = append(s.matched, i), append(s.maybes, m == maybe)
	state := &s.states[st.block]
	if st.deny {
		state.deny = max(state.deny, m)
		return
	}
	for k := unnamed; k <= g; k++ {
		state.allow[k] = max(state.allow[k], m)
	}
}

// judge matches a statement whose Action element matches already.
func (s *scratch) judge(st *statement) (grade, tri) {
	for _, a := range st.notActions {
		if iam.MatchAction(a, s.action) {
			return unnamed, no
		}
	}
	g := s.grade(st)
	if g == unnamed {
		return g, no
	}
	result := s.judgeResource(st)
	for _, c := range st.order {
		if result == no {
			break
		}
		result = min(result, s.condition(c))
	}
	return g, result
}

// grade tells how the statement names the caller. Only a resource's policy
// must: identities own the others, or they hold for everybody.
func (s *scratch) grade(st *statement) grade {
	switch {
	case st.notPrincipal != nil:
		if st.deny {
			// With a boundary, such a Deny always applies
			// (reference_policies_elements_notprincipal).
			bounded := s.applies[blockBoundary] && st.ref.Layer == LayerResource
			if st.notPrincipal.spares(&s.caller) && !bounded {
				return unnamed
			}
			return directGrade
		}
		if st.notPrincipal.grade(&s.caller) != unnamed {
			return unnamed
		}
		return directGrade
	case st.principal != nil:
		return st.principal.grade(&s.caller)
	case st.ref.Layer == LayerResource:
		return unnamed
	}
	return directGrade
}

func (s *scratch) judgeResource(st *statement) tri {
	switch {
	case st.notResources != nil:
		s.missing = no
		result := s.anyResource(st.notResources).not()
		if !st.deny { // the safe side: see the package documentation
			result = min(result, s.missing.not())
		}
		return result
	case st.resources != nil:
		return s.anyResource(st.resources)
	}
	return yes // the resource that the policy belongs to
}

func (s *scratch) anyResource(list []resourcePattern) tri {
	result := no
	for i := range list {
		if result = max(result, list[i].match(s)); result == yes {
			break
		}
	}
	return result
}

// split splits an ARN, once for all conditions that meet it in a row.
func (s *scratch) split(v string) (*iam.ARN, bool) {
	if v != s.lastText || v == "" {
		s.lastARN, s.lastOK = iam.SplitARN(v)
		s.lastText = v
	}
	return &s.lastARN, s.lastOK
}

// condition judges a condition once for each request.
func (s *scratch) condition(i int32) tri {
	if s.judged[i] != s.epoch {
		s.judged[i] = s.epoch
		s.results[i] = s.e.conditions[i].judge(s)
	}
	return s.results[i]
}
