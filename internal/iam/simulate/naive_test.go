package simulate_test

import (
	"encoding/base64"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// naive decides requests without unknown keys in the plainest way: no index,
// no compilation, regular expressions for wildcards. The compiled evaluator
// must agree with it.
type naive struct {
	h       simulate.Hierarchy
	r       *simulate.Request
	context map[string]simulate.Value
}

func decideNaively(h simulate.Hierarchy, r *simulate.Request) simulate.Effect {
	n := naive{h: h, r: r, context: map[string]simulate.Value{}}
	for k, v := range r.Context {
		n.context[strings.ToLower(k)] = v
	}
	if strings.EqualFold(r.Action, "sts:GetCallerIdentity") {
		return simulate.Allowed
	}
	c := n.caller()
	member := c.identity && !c.linked && (c.account != h.ManagementAccount || c.account == "")
	service, _, _ := strings.Cut(strings.ToLower(r.Action), ":")
	owner := n.owner(c)
	underRCP := !c.linked && (owner == "" || owner != h.ManagementAccount) && !strings.EqualFold(r.Action, "kms:RetireGrant") &&
		(h.RCPServices == nil || slices.ContainsFunc(h.RCPServices, func(s string) bool { return strings.EqualFold(s, service) }))
	own := c.identity && !c.isRoot
	denied := n.any(h.Endpoint, iam.Deny, c, simulate.LayerEndpoint)
	if h.Resource != nil {
		denied = denied || n.any([]iam.Policy{*h.Resource}, iam.Deny, c, simulate.LayerResource)
	}
	if own {
		denied = denied || n.any(h.Identity, iam.Deny, c, simulate.LayerIdentity) || n.any(h.Boundary, iam.Deny, c, simulate.LayerBoundary)
	}
	if c.identity {
		denied = denied || n.any(h.Session, iam.Deny, c, simulate.LayerSession)
	}
	allowed := h.Endpoint == nil || n.any(h.Endpoint, iam.Allow, c, simulate.LayerEndpoint)
	for _, l := range h.SCP {
		if member {
			denied = denied || n.any(l.Policies, iam.Deny, c, simulate.LayerSCP)
			allowed = allowed && n.any(l.Policies, iam.Allow, c, simulate.LayerSCP)
		}
	}
	for _, l := range h.RCP {
		denied = denied || underRCP && n.any(l.Policies, iam.Deny, c, simulate.LayerRCP)
	}
	switch {
	case denied:
		return simulate.ExplicitlyDenied
	case allowed && n.granted(c, owner, own):
		return simulate.Allowed
	}
	return simulate.ImplicitlyDenied
}

// granted puts the caller's side and the resource's side together.
func (n naive) granted(c who, owner string, own bool) bool {
	grade := 0 // of the strongest Allow of the resource's policy
	if n.h.Resource != nil {
		for _, s := range n.h.Resource.Statements {
			if s.Effect == iam.Allow && n.matches(s, n.h.Resource.Version == iam.Version2012, c, simulate.LayerResource) {
				grade = max(grade, n.named(s, c))
			}
		}
	}
	if !c.identity {
		return grade > 0
	}
	identity := !own || n.h.Identity == nil || n.any(n.h.Identity, iam.Allow, c, simulate.LayerIdentity)
	limits := (!own || n.h.Boundary == nil || n.any(n.h.Boundary, iam.Allow, c, simulate.LayerBoundary)) &&
		(n.h.Session == nil && !c.federated || n.h.Session != nil && n.any(n.h.Session, iam.Allow, c, simulate.LayerSession))
	if c.account != owner {
		return identity && limits && grade > 0
	}
	action := strings.ToLower(n.r.Action)
	trust := strings.HasPrefix(action, "kms:") && regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:key/`).MatchString(n.r.Resource) ||
		regexp.MustCompile(`^sts:(assumerole.*|tagsession|setsourceidentity)$`).MatchString(action) &&
			regexp.MustCompile(`^arn:[^:]*:iam:[^:]*:[^:]*:role/`).MatchString(n.r.Resource)
	if trust && n.h.Resource != nil && grade == 0 {
		return false
	}
	return grade == 3 || grade == 2 && limits || identity && limits
}

// who is the caller, taken apart by regular expressions.
type who struct {
	text, account, roleName, roleARN, self string
	identity, isRoot, linked, federated    bool
}

var (
	accountID  = regexp.MustCompile(`^\d{12}$`)
	rootOf     = regexp.MustCompile(`^arn:[^:]*:iam:[^:]*:([^:]*):root$`)
	userOf     = regexp.MustCompile(`^arn:[^:]*:iam:[^:]*:([^:]*):user(/.*)?$`)
	roleOf     = regexp.MustCompile(`^arn:[^:]*:iam:[^:]*:([^:]*):role(/(.*))?$`)
	sessionOf  = regexp.MustCompile(`^arn:[^:]*:sts:[^:]*:([^:]*):assumed-role(/([^/]*))?.*$`)
	federation = regexp.MustCompile(`^arn:[^:]*:sts:[^:]*:([^:]*):federated-user(/.*)?$`)
)

func (n naive) caller() who {
	p := n.r.Principal
	c := who{text: p, identity: true}
	base := func(s string) string { return s[strings.LastIndex(s, "/")+1:] }
	switch {
	case accountID.MatchString(p):
		c.account, c.isRoot = p, true
	case rootOf.MatchString(p):
		c.account, c.isRoot = rootOf.FindStringSubmatch(p)[1], true
	case userOf.MatchString(p):
		c.account, c.self = userOf.FindStringSubmatch(p)[1], p
	case roleOf.MatchString(p):
		m := roleOf.FindStringSubmatch(p)
		c.account, c.roleName, c.roleARN = m[1], base(m[3]), p
		c.linked = strings.HasPrefix(m[3], "aws-service-role/")
	case sessionOf.MatchString(p):
		m := sessionOf.FindStringSubmatch(p)
		c.account, c.roleName, c.self = m[1], m[3], p
		c.linked = strings.HasPrefix(c.roleName, "AWSServiceRoleFor")
		if vs := n.context["aws:principalarn"].Strings(); len(vs) == 1 && strings.HasPrefix(n.context["aws:principalarn"].String(), `"`) {
			if r := roleOf.FindStringSubmatch(vs[0]); r != nil && r[1] == c.account && base(r[3]) == c.roleName {
				c.roleARN, c.linked = vs[0], strings.HasPrefix(r[3], "aws-service-role/")
			}
		}
	case federation.MatchString(p):
		c.account, c.self, c.federated = federation.FindStringSubmatch(p)[1], p, true
	default:
		c.identity = false
		if parts := strings.SplitN(p, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			c.account = parts[4]
		}
	}
	return c
}

func (n naive) owner(c who) string {
	if n.r.ResourceAccount != "" {
		return n.r.ResourceAccount
	}
	if parts := strings.SplitN(n.r.Resource, ":", 6); len(parts) == 6 && parts[0] == "arn" && accountID.MatchString(parts[4]) {
		return parts[4]
	}
	return c.account
}

func (n naive) any(policies []iam.Policy, effect iam.Effect, c who, l simulate.Layer) bool {
	for _, p := range policies {
		for _, s := range p.Statements {
			if s.Effect == effect && n.matches(s, p.Version == iam.Version2012, c, l) {
				return true
			}
		}
	}
	return false
}

func (n naive) matches(s iam.Statement, variables bool, c who, l simulate.Layer) bool {
	action := func(a string) bool { return wild(strings.ToLower(a), strings.ToLower(n.r.Action)) }
	if s.Actions != nil && !slices.ContainsFunc(s.Actions, action) || s.Actions == nil && slices.ContainsFunc(s.NotActions, action) {
		return false
	}
	if (s.Principal != nil || s.NotPrincipal != nil || l == simulate.LayerResource) && !n.principal(s, c, l) {
		return false
	}
	missing := false
	resource := func(r string) bool { return n.resource(r, variables, &missing) }
	if s.NotResources != nil {
		hit := false
		for _, r := range s.NotResources {
			hit = resource(r) || hit
		}
		if hit || missing && s.Effect == iam.Allow {
			return false
		}
	} else if s.Resources != nil && !slices.ContainsFunc(s.Resources, resource) {
		return false
	}
	for _, cond := range s.Conditions {
		if !n.condition(cond, variables) {
			return false
		}
	}
	return true
}

func (n naive) principal(s iam.Statement, c who, l simulate.Layer) bool {
	if s.NotPrincipal == nil {
		return n.named(s, c) > 0
	}
	if s.Effect == iam.Allow {
		return grade(s.NotPrincipal, c) == 0
	}
	if l == simulate.LayerResource && n.h.Boundary != nil && c.identity && !c.isRoot {
		return true
	}
	p := s.NotPrincipal
	if p.Any || slices.Contains(p.AWS, "*") {
		return false
	}
	if !c.identity {
		return grade(p, c) == 0
	}
	lists := func(want int) bool {
		return slices.ContainsFunc(p.AWS, func(a string) bool { return grade(&iam.Principal{AWS: []string{a}}, c) == want })
	}
	switch {
	case c.isRoot:
		return !lists(3)
	case c.roleName != "" && c.self == "":
		return !(lists(1) && lists(2))
	case c.roleName != "":
		return !(lists(1) && lists(2) && lists(3))
	}
	return !(lists(1) && lists(3))
}

// named returns 3 for the caller itself, 2 for its role, 1 for its account.
func (n naive) named(s iam.Statement, c who) int {
	if s.NotPrincipal != nil {
		return 3
	}
	if s.Principal == nil {
		return 0
	}
	return grade(s.Principal, c)
}

func grade(p *iam.Principal, c who) int {
	if p.Any || slices.Contains(p.AWS, "*") {
		return 3
	}
	best := 0
	if c.text != "" && (slices.Contains(p.Service, c.text) || slices.Contains(p.Federated, c.text) || slices.Contains(p.CanonicalUser, c.text)) {
		best = 3
	}
	for _, a := range p.AWS {
		account := ""
		if accountID.MatchString(a) {
			account = a
		} else if m := rootOf.FindStringSubmatch(a); m != nil {
			account = m[1]
		}
		switch r := roleOf.FindStringSubmatch(a); {
		case !c.identity:
		case account != "":
			if account == c.account {
				best = max(best, 1)
				if c.isRoot {
					best = 3
				}
			}
		case r != nil && c.roleName != "":
			if a == c.roleARN || c.roleARN == "" && r[1] == c.account && r[3][strings.LastIndex(r[3], "/")+1:] == c.roleName {
				best = max(best, 2)
			}
		case a == c.self && a != "":
			best = 3
		}
	}
	return best
}

// wild matches with a regular expression.
func wild(pattern, s string) bool {
	expr := regexp.QuoteMeta(pattern)
	expr = strings.ReplaceAll(strings.ReplaceAll(expr, `\*`, `.*`), `\?`, `.`)
	return regexp.MustCompile(`(?s)^` + expr + `$`).MatchString(s)
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand turns a value into a regular expression, variables filled in.
func (n naive) expand(v string, wildcards, variables bool, missing *bool) string {
	quote := func(s string) string {
		s = regexp.QuoteMeta(s)
		if wildcards {
			s = strings.ReplaceAll(strings.ReplaceAll(s, `\*`, `.*`), `\?`, `.`)
		}
		return s
	}
	if !variables {
		return quote(v)
	}
	var b strings.Builder
	for v != "" {
		m := variable.FindStringSubmatchIndex(v)
		if m == nil {
			b.WriteString(quote(v))
			break
		}
		b.WriteString(quote(v[:m[0]]))
		body := v[m[2]:m[3]]
		v = v[m[1]:]
		key, fallback, hasDefault := strings.Cut(body, ", '")
		value := n.context[strings.ToLower(key)]
		switch {
		case body == "*" || body == "?" || body == "$":
			b.WriteString(regexp.QuoteMeta(body))
		case strings.HasPrefix(value.String(), `"`):
			b.WriteString(regexp.QuoteMeta(value.Strings()[0]))
		case hasDefault:
			b.WriteString(regexp.QuoteMeta(strings.TrimSuffix(fallback, "'")))
		default:
			*missing = true
			return `[^\s\S]`
		}
	}
	return b.String()
}

func (n naive) resource(r string, variables bool, missing *bool) bool {
	if strings.Trim(r, "*") == "" {
		return true
	}
	request := n.r.Resource
	if request == "*" || request == "" || !strings.HasPrefix(request, "arn:") {
		return false
	}
	have, parts := strings.SplitN(request, ":", 6), strings.SplitN(r, ":", 6)
	for len(parts) < 6 {
		if !strings.HasSuffix(r, "*") {
			return false
		}
		parts = append(parts, "*")
	}
	if len(have) < 6 {
		return false
	}
	ok := true
	for i := range 6 {
		expr := n.expand(parts[i], true, variables && i == 5, missing)
		ok = regexp.MustCompile(`(?s)^`+expr+`$`).MatchString(have[i]) && ok
	}
	return ok
}

func (n naive) condition(c iam.Condition, variables bool) bool {
	v := n.context[strings.ToLower(c.Key)]
	op := c.Operator
	if op.Base == "Null" {
		return slices.ContainsFunc(c.Values, func(w string) bool { return strings.EqualFold(w, strconv.FormatBool(v.Absent())) })
	}
	list, isSet := v.Strings(), strings.HasPrefix(v.String(), "[")
	test := func(s string) bool {
		return n.value(op, c.Values, s, variables) != op.Negated()
	}
	if op.Set != iam.NoSet {
		if len(list) == 1 && list[0] == "" {
			list = nil
		}
		if op.Set == iam.ForAnyValue {
			return slices.ContainsFunc(list, test)
		}
		return !slices.ContainsFunc(list, func(s string) bool { return !test(s) })
	}
	switch {
	case v.Absent():
		return op.Negated() || op.IfExists
	case isSet:
		return false
	}
	return test(list[0])
}

// value reports whether a request's value matches any of the policy's.
func (n naive) value(op iam.Operator, policy []string, s string, variables bool) bool {
	var ignore bool
	base := strings.ReplaceAll(op.Base, "Not", "")
	return slices.ContainsFunc(policy, func(p string) bool {
		switch {
		case base == "StringEqualsIgnoreCase":
			return regexp.MustCompile(`(?is)^` + n.expand(p, false, variables, &ignore) + `$`).MatchString(s)
		case base == "Bool":
			return (strings.EqualFold(s, "true") || strings.EqualFold(s, "false")) &&
				regexp.MustCompile(`(?i)^`+n.expand(p, false, variables, &ignore)+`$`).MatchString(s)
		case strings.HasPrefix(base, "String"):
			return regexp.MustCompile(`(?s)^` + n.expand(p, base == "StringLike", variables, &ignore) + `$`).MatchString(s)
		case strings.HasPrefix(base, "Arn"):
			want, have := strings.SplitN(p, ":", 6), strings.SplitN(s, ":", 6)
			if variables { // colons inside variables do not separate
				want = strings.SplitN(variable.ReplaceAllStringFunc(p, func(v string) string { return strings.ReplaceAll(v, ":", "\x00") }), ":", 6)
			}
			if len(want) < 6 || len(have) < 6 || want[0] != "arn" || have[0] != "arn" {
				return false
			}
			for i := range 6 {
				expr := n.expand(strings.ReplaceAll(want[i], "\x00", ":"), true, variables, &ignore)
				if !regexp.MustCompile(`(?s)^` + expr + `$`).MatchString(have[i]) {
					return false
				}
			}
			return true
		case base == "BinaryEquals":
			a, err1 := base64.StdEncoding.DecodeString(p)
			b, err2 := base64.StdEncoding.DecodeString(s)
			return err1 == nil && err2 == nil && string(a) == string(b)
		case strings.HasSuffix(base, "IpAddress"):
			if !strings.Contains(p, "/") {
				return net.ParseIP(p) != nil && net.ParseIP(p).Equal(net.ParseIP(s))
			}
			_, block, err := net.ParseCIDR(p)
			return err == nil && net.ParseIP(s) != nil && block.Contains(net.ParseIP(s))
		case strings.HasPrefix(base, "Numeric"):
			a, ok1 := new(big.Rat).SetString(s)
			b, ok2 := new(big.Rat).SetString(p)
			return ok1 && ok2 && compares(base, a.Cmp(b))
		}
		a, ok1 := instant(s)
		b, ok2 := instant(p)
		return ok1 && ok2 && compares(base, a.Compare(b))
	})
}

func compares(base string, c int) bool {
	switch {
	case strings.HasSuffix(base, "LessThan"):
		return c < 0
	case strings.HasSuffix(base, "LessThanEquals"):
		return c <= 0
	case strings.HasSuffix(base, "GreaterThan"):
		return c > 0
	case strings.HasSuffix(base, "GreaterThanEquals"):
		return c >= 0
	}
	return c == 0
}

func instant(s string) (time.Time, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil && len(s) != 4 {
		return time.UnixMicro(int64(f * 1e6)), true
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
