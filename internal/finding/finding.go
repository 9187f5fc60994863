// Package finding holds what Parapet says about resources: one [Finding] per
// policy and resource that is not simply fine, and the sorted [Report] of a
// run. It decides what fails a run; it formats nothing.
package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/resource"
)

// Schema names the version of the findings document.
const Schema = "parapet.findings/v1"

// Status is a policy's verdict on a resource.
type Status string

// Statuses. A resource that passes a policy has no finding.
const (
	Violation Status = "violation"
	Exempt    Status = "exempt"  // a violation that an exception in force covers
	Unknown   Status = "unknown" // depends on what is known only after apply, or was not read
	Error     Status = "error"   // the policy could not be evaluated: never a pass
)

// Severity ranks a policy.
type Severity string

// Severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	// Info is for what is told and fails nothing by default, such as the warn
	// rules of document policies.
	Info Severity = "info"
)

// Severities lists every severity, worst first.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// ParseSeverity reads a severity's name.
func ParseSeverity(s string) (Severity, error) {
	if i := slices.Index(Severities, Severity(s)); i >= 0 {
		return Severities[i], nil
	}
	return "", fmt.Errorf("severity %q is not one of critical, high, medium, low, info", s)
}

// rank is 0 for critical; what is unknown ranks worst, so that nothing is lost.
func (s Severity) rank() int { return slices.Index(Severities, s) }

// AtLeast reports whether s is as bad as min or worse.
func (s Severity) AtLeast(min Severity) bool { return s.rank() <= min.rank() }

// Subject identifies the resource that a finding is about.
type Subject struct {
	Type    string           `json:"type"`
	Address string           `json:"address"`
	ID      *string          `json:"id"`
	ARN     *string          `json:"arn"`
	Account *string          `json:"account"`
	Region  *string          `json:"region"`
	Origin  resource.Origin  `json:"origin"`
	Source  *resource.Source `json:"source"`
}

// SubjectOf returns the identity of r.
func SubjectOf(r *resource.Resource) Subject {
	opt := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return Subject{
		Type: r.Type, Address: r.Address, ID: opt(r.ID), ARN: opt(r.ARN),
		Account: opt(r.Account), Region: opt(r.Region), Origin: r.Origin, Source: r.Source,
	}
}

// Finding is one policy's verdict on one resource.
type Finding struct {
	Policy     string   `json:"policy"`
	Title      string   `json:"title"`
	Severity   Severity `json:"severity"`
	Status     Status   `json:"status"`
	Message    string   `json:"message"`
	Attributes []string `json:"attributes"`
	// Observed holds the values of the attributes that the policy reads, as
	// they stand in the resource; null means absent. Sensitive values are
	// replaced by "(sensitive)". The compiler makes test requests of them.
	Observed    map[string]any      `json:"observed"`
	Resource    Subject             `json:"resource"`
	Frameworks  map[string][]string `json:"frameworks"`
	Remediation string              `json:"remediation"`
	Exception   *string             `json:"exception"`            // id of the exception that covers it
	DependsOn   []string            `json:"depends_on,omitempty"` // for unknown: what is not known
	Owner       *Owner              `json:"owner,omitempty"`      // of live resources, where Terraform code was given
	Fingerprint string              `json:"fingerprint"`
	// Document says that the policy is about the whole input. Such a policy may
	// say several things of one resource, so that the message tells them apart.
	Document bool `json:"document,omitempty"`

	// What follows is for reports to people, and no part of the document.

	Exemption *Exemption `json:"-"` // with Exception: what stands behind it
	Snippet   *Snippet   `json:"-"` // the code at the source, without sensitive values
}

// Live reports whether the subject is state of AWS, and no Terraform of any kind.
func (s Subject) Live() bool { return s.Origin == resource.OriginSnapshot }

// Owner says which Terraform code manages a live resource.
type Owner struct {
	Managed bool             `json:"managed"` // false: nobody does, as far as the code that was given goes
	Address string           `json:"address,omitempty"`
	Input   string           `json:"input,omitempty"` // the state or directory that holds it
	Source  *resource.Source `json:"source,omitempty"`
}

// DocumentType is the type of the subject of a finding that is about the whole
// input and names no resource.
const DocumentType = "document"

// Exemption says why a violation does not count.
type Exemption struct {
	Kind    ExemptionKind
	Reason  string
	Owner   string
	Expires time.Time // zero: never
}

// ExemptionKind is where an exemption is written.
type ExemptionKind string

// Kinds of exemptions.
const (
	ByRecord   ExemptionKind = "record"   // in the exceptions file
	ByComment  ExemptionKind = "comment"  // beside the code
	ByBaseline ExemptionKind = "baseline" // it was there before
)

// Snippet is a piece of Terraform code around a source line.
type Snippet struct {
	Start int      // number of the first line
	Lines []string // without line ends
}

// Drift stands in Finding.Policy for live state that is not what Terraform
// says. It is no policy.
const Drift = "drift"

// Redacted stands for a sensitive value in every output.
const Redacted = "(sensitive)"

// Sign sets the fingerprint. It stays the same when lines move, messages are
// reworded and values that do not matter change: it is made of the policy, the
// resource and the attributes.
func (f *Finding) Sign() {
	id := f.Resource.Address
	if id == "" && f.Resource.ARN != nil {
		id = *f.Resource.ARN
	}
	if id == "" && f.Resource.Region != nil {
		id = *f.Resource.Region // of a scope that was not read
	}
	account := ""
	if f.Resource.Account != nil {
		account = *f.Resource.Account
	}
	attrs := slices.Sorted(slices.Values(f.Attributes))
	parts := []string{f.Policy, f.Resource.Type, account, id, strings.Join(attrs, ",")}
	if f.Document {
		parts = append(parts, f.Message)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	f.Fingerprint = hex.EncodeToString(sum[:8])
}

// Sort orders findings by severity, policy, address, id, status and message.
func Sort(fs []Finding) {
	deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity.rank(), b.Severity.rank()),
			cmp.Compare(a.Policy, b.Policy),
			cmp.Compare(a.Resource.Address, b.Resource.Address),
			cmp.Compare(deref(a.Resource.ID), deref(b.Resource.ID)),
			cmp.Compare(a.Status, b.Status),
			cmp.Compare(a.Message, b.Message),
			slices.Compare(a.Attributes, b.Attributes),
		)
	})
}
