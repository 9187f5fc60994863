package simulate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/iam"
)

type valueKind uint8

const (
	absent valueKind = iota
	single
	multi
	unknown
)

// Value is what a request carries for a condition key. The zero Value is an
// absent key.
type Value struct {
	kind valueKind
	one  string
	many []string
}

// Single returns the value of a single-valued key.
func Single(v string) Value { return Value{kind: single, one: v} }

// Set returns the values of a multi-valued key, of which there may be one or
// none. It keeps the slice.
func Set(vs ...string) Value { return Value{kind: multi, many: vs} }

// Unknown returns the value of a key of which nothing is known, not even
// whether the request carries it.
func Unknown() Value { return Value{kind: unknown} }

// Absent reports whether the request does not carry the key.
func (v Value) Absent() bool { return v.kind == absent }

// IsUnknown reports whether nothing is known of the key.
func (v Value) IsUnknown() bool { return v.kind == unknown }

// Strings returns the values, none when the key is absent or unknown.
func (v Value) Strings() []string {
	switch v.kind {
	case single:
		return []string{v.one}
	case multi:
		return slices.Clone(v.many)
	default:
		return nil
	}
}

// String describes the value for a reader.
func (v Value) String() string {
	switch v.kind {
	case absent:
		return "absent"
	case unknown:
		return "unknown"
	case single:
		return strconv.Quote(v.one)
	case multi:
	}
	quoted := make([]string, len(v.many))
	for i, s := range v.many {
		quoted[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Context makes a context of lists: a key without values is absent, one value
// makes it single-valued, more make it multi-valued.
func Context(keys map[string][]string) map[string]Value {
	out := make(map[string]Value, len(keys))
	for k, vs := range keys {
		switch len(vs) {
		case 0:
		case 1:
			out[k] = Single(vs[0])
		default:
			out[k] = Set(vs...)
		}
	}
	return out
}

// Request is one call to AWS.
type Request struct {
	// Principal is the caller: the ARN of a user, role, role session, federated
	// user or root user; twelve digits for the root user of an account; a
	// service (s3.amazonaws.com); an identity provider or a canonical user id;
	// empty when anonymous. A role ARN stands for any of the role's sessions.
	Principal string
	// Action is service:Name; case does not matter.
	Action string
	// Resource is the ARN that the action is judged on; empty or "*" when the
	// action takes none. A * in it is plain text.
	Resource string
	// ResourceAccount owns the resource, twelve digits. Empty: the account in
	// the ARN, or, where it has none, the caller's.
	ResourceAccount string
	// Context holds the condition keys, in any case.
	Context map[string]Value
}

// Derive adds the keys that follow from the principal, the resource and the
// time, unless the context has them: aws:PrincipalArn, aws:PrincipalAccount,
// aws:PrincipalType, aws:username, aws:PrincipalIsAWSService,
// aws:PrincipalServiceName, aws:ResourceAccount, aws:RequestedRegion,
// aws:CurrentTime and aws:EpochTime. The sessions of a role carry the role's
// ARN in aws:PrincipalArn; its path does not show in the ARN of a session, so
// the key is unknown unless the role has none. That cannot be told, and the
// ARN without a path is taken: give aws:PrincipalArn where a path matters.
// Source: reference_policies_condition-keys.
func (r *Request) Derive(now time.Time) {
	have := make(map[string]bool, len(r.Context))
	for k := range r.Context {
		have[strings.ToLower(k)] = true
	}
	if r.Context == nil {
		r.Context = map[string]Value{}
	}
	add := func(key, value string) {
		if value != "" && !have[strings.ToLower(key)] {
			r.Context[key] = Single(value)
		}
	}
	var id identity
	id.parse(r.Principal)
	switch id.kind {
	case user:
		add("aws:PrincipalArn", r.Principal)
		add("aws:PrincipalType", "User")
		add("aws:username", id.name)
	case role:
		add("aws:PrincipalArn", r.Principal)
		add("aws:PrincipalType", "AssumedRole")
	case session:
		add("aws:PrincipalArn", "arn:"+id.partition+":iam::"+id.account+":role/"+id.name)
		add("aws:PrincipalType", "AssumedRole")
	case federatedUser:
		add("aws:PrincipalArn", r.Principal)
		add("aws:PrincipalType", "FederatedUser")
	case root:
		add("aws:PrincipalArn", "arn:"+id.partition+":iam::"+id.account+":root")
		add("aws:PrincipalType", "Account")
	case anonymous:
		add("aws:PrincipalType", "Anonymous")
	case service:
		add("aws:PrincipalServiceName", r.Principal)
	case outsider:
	}
	if id.inAccount() {
		add("aws:PrincipalAccount", id.account)
	}
	if id.kind != anonymous {
		add("aws:PrincipalIsAWSService", strconv.FormatBool(id.kind == service))
	}
	arn, _ := iam.SplitARN(r.Resource)
	add("aws:ResourceAccount", r.resourceAccount(id.account))
	add("aws:RequestedRegion", requestedRegion(r.Action, arn))
	now = now.UTC()
	add("aws:CurrentTime", now.Format("2006-01-02T15:04:05Z"))
	add("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
}

// requestedRegion returns the region of the endpoint that the request goes to,
// where it can be told: the resource's, or us-east-1 for the services with one
// global endpoint there.
func requestedRegion(action string, arn iam.ARN) string {
	if arn.Region != "" && arn.Region != "*" {
		return arn.Region
	}
	name, _, _ := strings.Cut(strings.ToLower(action), ":")
	switch name {
	case "iam", "organizations", "cloudfront", "route53", "account", "globalaccelerator", "support":
		return "us-east-1"
	}
	return ""
}

// resourceAccount returns the account that owns the resource; caller is the
// account of the principal, if any.
func (r *Request) resourceAccount(caller string) string {
	if r.ResourceAccount != "" {
		return r.ResourceAccount
	}
	if arn, ok := iam.SplitARN(r.Resource); ok && isAccount(arn.Account) {
		return arn.Account
	}
	return caller
}

// isAccount reports whether s is an account id.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
