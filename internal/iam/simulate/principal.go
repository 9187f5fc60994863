package simulate

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// callerKind is the kind of a request's principal.
type callerKind uint8

const (
	anonymous     callerKind = iota
	root                     // the root user of an account
	user                     // an IAM user
	role                     // a role, standing for any of its sessions
	session                  // a role session
	federatedUser            // a session from GetFederationToken
	service                  // an AWS service
	outsider                 // an identity provider, a canonical user id
)

// identity is a request's principal, taken apart.
type identity struct {
	kind      callerKind
	text      string // as given
	partition string
	account   string
	name      string // of a user, or of a role without its path
	roleARN   string // of a role; of a session where the context tells it
	linked    bool   // a service-linked role
}

// parse reads the principal of a request.
func (id *identity) parse(text string) {
	*id = identity{text: text, partition: "aws"}
	if text == "" {
		return
	}
	if isAccount(text) {
		id.kind, id.account = root, text
		return
	}
	arn, ok := iam.SplitARN(text)
	if !ok {
		id.kind = outsider
		if strings.HasSuffix(text, ".amazonaws.com") || strings.HasSuffix(text, ".amazonaws.com.cn") {
			id.kind = service
		}
		return
	}
	id.partition, id.account = arn.Partition, arn.Account
	kind, name, _ := strings.Cut(arn.Resource, "/")
	switch {
	case arn.Service == "iam" && arn.Resource == "root":
		id.kind = root
	case arn.Service == "iam" && kind == "user":
		id.kind, id.name = user, lastSegment(name)
	case arn.Service == "iam" && kind == "role":
		id.kind, id.name, id.roleARN = role, lastSegment(name), text
		id.linked = strings.HasPrefix(name, "aws-service-role/")
	case arn.Service == "sts" && kind == "assumed-role":
		id.kind = session
		id.name, _, _ = strings.Cut(name, "/")
		// The path, aws-service-role/, does not show in the ARN of a session.
		id.linked = strings.HasPrefix(id.name, "AWSServiceRoleFor")
	case arn.Service == "sts" && kind == "federated-user":
		id.kind, id.name = federatedUser, name
	default:
		id.kind = outsider
	}
}

// inAccount reports whether the caller is an identity of an account, to which
// SCPs and identity policies can apply.
func (id *identity) inAccount() bool {
	switch id.kind {
	case root, user, role, session, federatedUser:
		return true
	case anonymous, service, outsider:
	}
	return false
}

func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// grade says how a Principal element names the caller.
type grade uint8

const (
	unnamed     grade = iota
	byAccount         // through its account: the account decides by its own policies
	byRole            // through the role of its session: within boundary and session policy
	directGrade       // itself, or everybody
)

// principal is a Principal or NotPrincipal element, compiled.
type principal struct {
	any     bool
	aws     []awsPrincipal
	service []string
	others  []string // providers and canonical users
}

// awsPrincipal is one value of Principal.AWS.
type awsPrincipal struct {
	identity
	any bool
}

func compilePrincipal(p *iam.Principal) *principal {
	if p == nil {
		return nil
	}
	out := &principal{any: p.Any, service: p.Service, others: slices.Concat(p.Federated, p.CanonicalUser)}
	for _, v := range p.AWS {
		a := awsPrincipal{any: v == "*"}
		a.parse(v)
		out.aws = append(out.aws, a)
	}
	return out
}

// grade returns the strongest way in which the element names the caller.
func (p *principal) grade(id *identity) grade {
	if p.any {
		return directGrade
	}
	best := unnamed
	for i := range p.aws {
		best = max(best, p.aws[i].grade(id))
	}
	if id.kind != anonymous && (slices.Contains(p.service, id.text) || slices.Contains(p.others, id.text)) {
		best = directGrade
	}
	return best
}

func (a *awsPrincipal) grade(id *identity) grade {
	switch {
	case a.any:
		return directGrade
	case !id.inAccount() || a.account != id.account:
		return unnamed
	case a.kind == root:
		if id.kind == root {
			return directGrade
		}
		return byAccount
	case a.kind == role && (id.kind == role || id.kind == session):
		if a.isRoleOf(id) {
			return byRole
		}
	case a.text == id.text:
		return directGrade
	}
	return unnamed
}

// isRoleOf reports whether the element's role is the caller's. Without the
// role's ARN, a session is known by the name of its role, which is unique in
// an account whatever its path.
func (a *awsPrincipal) isRoleOf(id *identity) bool {
	if id.roleARN != "" {
		return a.text == id.roleARN
	}
	return a.name == id.name && a.partition == id.partition
}

// spares reports whether a NotPrincipal element lists the caller. A caller is
// listed when its account, its role and its session are, as far as it has them
// (reference_policies_elements_notprincipal): AWS may judge one after the
// other.
func (p *principal) spares(id *identity) bool {
	if p.any {
		return true
	}
	var account, roleListed, self bool
	for i := range p.aws {
		switch a := &p.aws[i]; a.grade(id) {
		case byAccount:
			account = true
		case byRole:
			roleListed = true
		case directGrade:
			if a.any {
				return true
			}
			self = true
		case unnamed:
		}
	}
	switch id.kind {
	case session:
		return account && roleListed && self
	case role:
		return account && roleListed
	case user, federatedUser:
		return account && self
	case root:
		return self
	case anonymous, service, outsider:
	}
	return p.grade(id) == directGrade
}
