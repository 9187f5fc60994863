// Package ir is the compiler's intermediate representation: guardrails made of
// statements and settings, how faithful each is to its policy, and where every
// part comes from. Passes take it and give it back; nothing here does I/O.
package ir

import (
	"cmp"
	"slices"

	"github.com/parapet-dev/parapet/internal/iam"
)

// Layer is where a guardrail lives.
type Layer string

// Layers.
const (
	SCP         Layer = "scp"
	RCP         Layer = "rcp"
	Boundary    Layer = "boundary"
	Declarative Layer = "declarative"
	Account     Layer = "account"
)

// Layers lists every layer.
var Layers = []Layer{SCP, RCP, Boundary, Declarative, Account}

// Fidelity compares a guardrail with its policy.
type Fidelity string

// Fidelities.
const (
	Exact    Fidelity = "exact"    // denies what the policy denies, and nothing else
	Stricter Fidelity = "stricter" // denies more
	Looser   Fidelity = "looser"   // denies less
	None     Fidelity = "none"     // cannot be prevented
)

// Trust is how well it is known that AWS sends the keys that a guardrail
// reads.
type Trust string

// Trusts, best first.
const (
	Documented Trust = "documented"
	Reported   Trust = "reported"
	Inferred   Trust = "inferred"
	Doubtful   Trust = "doubtful"
)

var trusts = []Trust{Documented, Reported, Inferred, Doubtful}

// Weakest returns the lesser trust of two; an empty one does not count.
func Weakest(a, b Trust) Trust {
	if slices.Index(trusts, a) > slices.Index(trusts, b) {
		return a
	}
	return b
}

// Origin says how a guardrail came to be.
type Origin string

// Origins.
const (
	Derived  Origin = "derived"  // lowered from the policy's deny rule
	Declared Origin = "declared" // written in the policy's guardrail rule
)

// PolicyRef points at the policy that a guardrail enforces.
type PolicyRef struct {
	ID     string `json:"id"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	SHA256 string `json:"sha256"`
}

// Statement is one deny, before exceptions are worked in. All lists are sorted.
type Statement struct {
	Sid        string          // unique in a module; letters and digits
	Guardrail  string          // id of the guardrail that it belongs to
	Actions    []string        // "ec2:RunInstances"
	Resources  []string        // ARN patterns, or "*"
	Conditions []iam.Condition // all must hold
	Line       int             // line of the policy's rule that it comes from
}

// Setting is an account-wide setting as the Terraform resource that makes it.
type Setting struct {
	Type   string         // "aws_s3_account_public_access_block"
	Name   string         // label of the resource
	Values map[string]any // its arguments
}

// DeclarativePolicy is what a guardrail puts into a declarative policy of AWS
// Organizations, in the language of management policies ("@@assign").
type DeclarativePolicy struct {
	PolicyType string         `json:"policy_type"` // "DECLARATIVE_POLICY_EC2"
	Content    map[string]any `json:"content"`
}

// Checks sums up the verification of a guardrail.
type Checks struct {
	States          int      `json:"states"`
	Examples        Examples `json:"examples"`
	Counterexamples []string `json:"counterexamples"`
	// Proof is about all requests at once; nil where it was not tried.
	Proof *ProofVerdict `json:"proof,omitempty"`
}

// Claim is how far a claim about all requests is known to hold.
type Claim string

// Claims.
const (
	Proved  Claim = "proved"  // it holds for every request
	Refuted Claim = "refuted" // a request is known for which it does not
	Unknown Claim = "unknown" // neither
)

// ProofVerdict is what the symbolic proof of a guardrail gave, on the documents
// with the exceptions in force.
type ProofVerdict struct {
	// Coverage claims that no request that the guardrail is to deny is let
	// through, but by an exception.
	Coverage Claim `json:"coverage"`
	// Excess claims that its statements deny nothing else.
	Excess Claim    `json:"excess"`
	Why    []string `json:"why,omitempty"` // of what is not proved: the request, or what is not known
}

// Examples counts the policy's own examples by the guardrail's answer.
type Examples struct {
	Denied  int `json:"denied"`
	Allowed int `json:"allowed"`
}

// TestRequest is one request with the answer that a guardrail must give to a
// principal without exception. The emitted module's tests carry them.
type TestRequest struct {
	Name      string // where it comes from: a finding's address, an example
	Finding   string // fingerprint, when it comes from a finding
	Guardrail string // id
	Action    string
	Resource  string              // ARN
	Account   string              // of the resource; empty: any
	Context   map[string][]string // condition keys; a key without values is absent
	Deny      bool
}

// Bypass is an operation that sets an attribute without carrying its key, and so
// goes round a guardrail on the key. Denying it whole closes it.
type Bypass struct {
	Operation string `json:"operation"`
	Attribute string `json:"attribute"`
}

// Guardrail is one preventive control.
type Guardrail struct {
	ID         string // id of the policy that it enforces
	Title      string
	Layer      Layer
	Fidelity   Fidelity
	Trust      Trust
	Origin     Origin
	Policy     PolicyRef
	Statements []Statement
	Settings   []Setting
	// Declaratives are the parts of declarative policies that it asks for.
	Declaratives []DeclarativePolicy
	Why          string   // why it is on its layer, in a sentence
	Findings     []string // fingerprints, sorted
	Operations   []string // API actions that it judges, sorted
	Bypasses     []Bypass // ways round it, sorted
	Checks       Checks
	Tests        []TestRequest
	Notes        []string // what a reviewer must know, in sentences
}

// NotPreventable says why a policy has no guardrail.
type NotPreventable struct {
	Policy   string   `json:"policy"`
	Findings []string `json:"findings"`
	Reason   string   `json:"reason"`
	At       string   `json:"at"`      // file:line of the part of the policy that no request carries
	Instead  string   `json:"instead"` // what to do instead
}

// Program is what the passes work on: the guardrails of one module.
type Program struct {
	Account        string // 12 digits; empty when the findings name none
	Guardrails     []Guardrail
	NotPreventable []NotPreventable
}

// Sort orders everything, so that equal inputs give equal outputs.
func (p *Program) Sort() {
	slices.SortFunc(p.Guardrails, func(a, b Guardrail) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Layer, b.Layer))
	})
	slices.SortFunc(p.NotPreventable, func(a, b NotPreventable) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.At, b.At))
	})
}
