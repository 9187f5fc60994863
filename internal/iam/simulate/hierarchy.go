package simulate

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parapet-dev/parapet/internal/iam"
)

// Layer is where a policy stands.
type Layer string

// Layers.
const (
	LayerRCP      Layer = "rcp"
	LayerSCP      Layer = "scp"
	LayerEndpoint Layer = "endpoint"
	LayerResource Layer = "resource"
	LayerIdentity Layer = "identity"
	LayerBoundary Layer = "boundary"
	LayerSession  Layer = "session"
)

// Level is one level of an organization, the root, an OU or the account, with
// the policies attached there.
type Level struct {
	Target   string
	Policies []iam.Policy
}

// Hierarchy holds the policies that meet a request. A nil list is a layer that
// is not given and does not limit; so a nil Identity allows everything. A
// list that is empty but not nil allows nothing, except for SCP and RCP, where
// it means no levels.
type Hierarchy struct {
	// SCP holds the levels from the root to the caller's account. Each level
	// must allow the request: attach [FullAWSAccess] where it only denies.
	SCP []Level
	// RCP holds the levels from the root to the resource's account.
	// RCPFullAWSAccess, which cannot be detached, is implied.
	RCP []Level
	// Identity, Boundary and Session belong to the caller. The policies of one
	// list count together. A session of GetFederationToken without session
	// policies has no permissions of its own.
	Identity, Boundary, Session []iam.Policy
	// Resource is the resource's own policy: a bucket policy, a key policy, the
	// trust policy of a role.
	Resource *iam.Policy
	// Endpoint holds the policies of the VPC endpoint that the request takes.
	Endpoint []iam.Policy
	// ManagementAccount is the account that neither SCPs nor RCPs reach.
	ManagementAccount string
	// RCPServices lists the services that RCPs reach; nil: all.
	RCPServices []string
}

// FullAWSAccess returns the SCP that AWS attaches everywhere at first.
func FullAWSAccess() iam.Policy {
	return iam.Policy{Version: iam.Version2012, ID: "FullAWSAccess", Statements: []iam.Statement{
		{Effect: iam.Allow, Actions: []string{"*"}, Resources: []string{"*"}},
	}}
}

// StatementRef names a statement of a [Hierarchy].
type StatementRef struct {
	Layer     Layer
	Target    string // of the level, for SCPs and RCPs
	Level     int    // index of the level, for SCPs and RCPs
	Policy    int    // index of the policy in its list
	Statement int    // index of the statement in its policy
	Sid       string // may be empty
}

// statement is a compiled statement.
type statement struct {
	ref          StatementRef
	block        int32
	deny         bool
	principal    *principal
	notPrincipal *principal
	notActions   []string
	resources    []resourcePattern
	notResources []resourcePattern
	resourceVars []int32
	source       iam.Statement
	conditions   []int32 // as in the source
	order        []int32 // the same, the cheapest first
}

// block is a set of policies of which one Allow suffices: one level of SCPs or
// RCPs, or all policies of another layer.
type block struct {
	layer  Layer
	target string
	level  int
	given  bool // false: the layer is not given and does not limit
}

// The blocks that every evaluator has; levels of RCPs and SCPs follow.
const (
	blockEndpoint = iota
	blockResource
	blockIdentity
	blockBoundary
	blockSession
	blockLevels
)

// Evaluator is a compiled [Hierarchy]. It is safe for concurrent use.
type Evaluator struct {
	hierarchy   Hierarchy
	blocks      []block
	statements  []statement
	refs        []StatementRef // of the statements, for decisions to point into
	conditions  []condition
	index       actionIndex
	slots       map[string]int32 // key, in lower case and as spelled
	lengths     [4]uint64        // bit n: some key has n bytes, or 255 and more
	keys        []string         // slot → key as first spelled
	rcpServices map[string]bool
	pool        sync.Pool
}

// compiler builds an evaluator.
type compiler struct {
	*Evaluator
	interned map[string]int32 // condition → its index
}

// Compile prepares a hierarchy for decisions. It keeps the policies: they must
// not change afterwards. What the policies break of the language is not its
// concern: see [iam.Parse] and [iam.Check].
func Compile(h Hierarchy) *Evaluator {
	c := compiler{
		Evaluator: &Evaluator{hierarchy: h, slots: map[string]int32{}, rcpServices: map[string]bool{}},
		interned:  map[string]int32{},
	}
	c.slot(keyPrincipalARN)
	for _, name := range h.RCPServices {
		c.rcpServices[strings.ToLower(name)] = true
	}
	c.blocks = []block{
		blockEndpoint: {layer: LayerEndpoint, given: h.Endpoint != nil},
		blockResource: {layer: LayerResource, given: h.Resource != nil},
		blockIdentity: {layer: LayerIdentity, given: h.Identity != nil},
		blockBoundary: {layer: LayerBoundary, given: h.Boundary != nil},
		blockSession:  {layer: LayerSession, given: h.Session != nil},
	}
	c.policies(blockEndpoint, h.Endpoint)
	if h.Resource != nil {
		c.policies(blockResource, []iam.Policy{*h.Resource})
	}
	c.policies(blockIdentity, h.Identity)
	c.policies(blockBoundary, h.Boundary)
	c.policies(blockSession, h.Session)
	c.levels(LayerRCP, h.RCP)
	c.levels(LayerSCP, h.SCP)
	return c.finish()
}

func (c *compiler) levels(layer Layer, levels []Level) {
	for i, l := range levels {
		c.blocks = append(c.blocks, block{layer: layer, target: l.Target, level: i, given: true})
		c.policies(len(c.blocks)-1, l.Policies)
	}
}

func (c *compiler) finish() *Evaluator {
	e := c.Evaluator
	for _, s := range e.statements {
		e.refs = append(e.refs, s.ref)
	}
	e.pool.New = func() any { return newScratch(e) }
	return e
}

func (c *compiler) policies(b int, policies []iam.Policy) {
	for i, p := range policies {
		for j, s := range p.Statements {
			ref := StatementRef{
				Layer: c.blocks[b].layer, Target: c.blocks[b].target, Level: c.blocks[b].level,
				Policy: i, Statement: j, Sid: s.Sid,
			}
			c.statement(b, ref, s, p.Version == iam.Version2012)
		}
	}
}

func (c *compiler) statement(b int, ref StatementRef, s iam.Statement, variables bool) {
	id := int32(len(c.statements))
	out := statement{
		ref: ref, block: int32(b), deny: s.Effect == iam.Deny, source: s,
		principal: compilePrincipal(s.Principal), notPrincipal: compilePrincipal(s.NotPrincipal),
	}
	for _, a := range s.Actions {
		c.index.add(id, a)
	}
	if s.Actions == nil {
		c.index.everywhere = append(c.index.everywhere, id)
		out.notActions = s.NotActions
	}
	for _, r := range s.Resources {
		out.resources = append(out.resources, c.resource(r, variables))
	}
	for _, r := range s.NotResources {
		out.notResources = append(out.notResources, c.resource(r, variables))
	}
	for _, list := range [][]resourcePattern{out.resources, out.notResources} {
		for i := range list {
			out.resourceVars = list[i].whole.slots(out.resourceVars)
			for j := range list[i].arn.parts {
				out.resourceVars = list[i].arn.parts[j].slots(out.resourceVars)
			}
		}
	}
	for _, cond := range s.Conditions {
		out.conditions = append(out.conditions, c.intern(cond, variables))
	}
	out.order = slices.Clone(out.conditions)
	slices.SortStableFunc(out.order, func(a, b int32) int { return c.conditions[a].cost - c.conditions[b].cost })
	c.statements = append(c.statements, out)
}

// intern compiles a condition once, however many statements have it.
func (c *compiler) intern(cond iam.Condition, variables bool) int32 {
	var key strings.Builder
	fmt.Fprintf(&key, "%t %q %q %q", variables, cond.Operator.String(), strings.ToLower(cond.Key), cond.Values)
	id, ok := c.interned[key.String()]
	if !ok {
		id = int32(len(c.conditions))
		c.interned[key.String()] = id
		c.conditions = append(c.conditions, c.condition(cond, variables))
	}
	return id
}

// slot returns the slot of a key, whose case does not matter.
func (c *compiler) slot(key string) int32 {
	name := strings.ToLower(key)
	id, ok := c.slots[name]
	if !ok {
		id = int32(len(c.keys))
		c.slots[name] = id
		c.keys = append(c.keys, key)
		n := min(len(key), 255)
		c.lengths[n/64] |= 1 << (n % 64)
	}
	c.slots[key] = id
	return id
}

// Keys returns the condition keys that the policies read, as spelled there,
// sorted: what a request's context should hold.
func (e *Evaluator) Keys() []string {
	used := map[int32]bool{}
	for _, c := range e.conditions {
		used[c.slot] = true
		for _, v := range c.vars {
			used[v] = true
		}
	}
	for _, s := range e.statements {
		for _, v := range s.resourceVars {
			used[v] = true
		}
	}
	var keys []string
	for slot := range used {
		keys = append(keys, e.keys[slot])
	}
	slices.Sort(keys)
	return keys
}
