package symbolic

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// Fact is something that AWS documents of the requests that it judges. A wrong
// fact makes proofs wrong, so each names its source and can be left out.
type Fact struct {
	Name   string // short, for switching it off
	Text   string // what is assumed, one sentence
	Source string // the page that says so
	// Keys are the condition keys that it speaks of. It is used only where the
	// expression, or another fact in use, reads them all.
	Keys []string
	// Holds is satisfied by every request.
	Holds Expr
	// Lemma returns an expression that every request satisfies and that this
	// one may not; false when it has none. It serves facts that join two keys,
	// which no single expression states.
	Lemma func(*simulate.Request) (Expr, bool)
	// link is such an expression for the conditions in play.
	link func([]iam.Condition) []Expr
}

const (
	keyPrincipalARN     = "aws:PrincipalArn"
	keyPrincipalAccount = "aws:PrincipalAccount"
	guide               = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
	globalKeys          = guide + "reference_policies_condition-keys.html"
)

// DefaultFacts returns the facts that [Solve] takes for granted. None says that
// a service sends its keys.
func DefaultFacts() []Fact {
	facts := []Fact{
		{
			Name:   "principal-arn",
			Text:   "aws:PrincipalArn is the ARN of a role, a user, the root user or a federated user, never that of a role session",
			Source: globalKeys + "#condition-keys-principalarn", Keys: []string{keyPrincipalARN},
			Holds: Or(null(keyPrincipalARN, true), condition(
				"ArnLike", keyPrincipalARN,
				"arn:*:iam::????????????:role/?*", "arn:*:iam::????????????:user/?*", "arn:*:iam::????????????:root",
				"arn:*:sts::????????????:federated-user/?*",
			)),
		},
		{
			Name:   "principal-account",
			Text:   "aws:PrincipalAccount is an account id, or anonymous",
			Source: globalKeys + "#condition-keys-principalaccount", Keys: []string{keyPrincipalAccount},
			Holds: Or(null(keyPrincipalAccount, true), condition("StringLike", keyPrincipalAccount, "????????????", "anonymous")),
		},
		{
			Name:   "principal-account-of-arn",
			Text:   "a request with aws:PrincipalArn has the account of that ARN in aws:PrincipalAccount",
			Source: globalKeys + "#condition-keys-principalaccount", Keys: []string{keyPrincipalARN, keyPrincipalAccount},
			Holds: Or(null(keyPrincipalARN, true), null(keyPrincipalAccount, false)),
			Lemma: accountLemma, link: accountLink,
		},
		{
			Name:   "caller",
			Text:   "the caller that a policy names by its ARN, and no other, has that ARN in aws:PrincipalArn; a service has none",
			Source: globalKeys + "#condition-keys-principalarn", Keys: []string{keyPrincipalARN},
			Lemma: callerLemma,
		},
	}
	return append(
		facts,
		// "This key is always included in the request context."
		Present(globalKeys+"#condition-keys-currenttime", "aws:CurrentTime"),
		Typed(globalKeys+"#condition-keys-currenttime", "aws:CurrentTime", iam.DateFamily),
		Present(globalKeys+"#condition-keys-epochtime", "aws:EpochTime"),
		Present(globalKeys+"#condition-keys-securetransport", "aws:SecureTransport"),
		Typed(globalKeys+"#condition-keys-securetransport", "aws:SecureTransport", iam.BoolFamily),
		// "Data type – Boolean"
		Typed(globalKeys+"#condition-keys-multifactorauthpresent", "aws:MultiFactorAuthPresent", iam.BoolFamily),
		Typed(globalKeys+"#condition-keys-viaawsservice", "aws:ViaAWSService", iam.BoolFamily),
		Typed(globalKeys+"#condition-keys-principalisawsservice", "aws:PrincipalIsAWSService", iam.BoolFamily),
	)
}

func condition(operator, key string, values ...string) Expr {
	return Holds(iam.Condition{Operator: iam.Operator{Base: operator}, Key: key, Values: values})
}

// null returns that the key is absent, or that it is present.
func null(key string, absent bool) Expr {
	if absent {
		return condition("Null", key, "true")
	}
	return condition("Null", key, "false")
}

// Signed returns the facts that the caller is an identity of an account, as
// under an SCP: aws:PrincipalArn and aws:PrincipalAccount are present.
// Anonymous requests and those of AWS services lack them.
func Signed() []Fact {
	return []Fact{
		Present(globalKeys+"#condition-keys-principalarn", keyPrincipalARN),
		Present(globalKeys+"#condition-keys-principalaccount", keyPrincipalAccount),
	}
}

// Present returns the fact that every request carries a key.
func Present(source, key string) Fact {
	return Fact{
		Name: "present:" + key, Text: key + " is in every request", Source: source,
		Keys: []string{key}, Holds: null(key, false),
	}
}

// Typed returns the fact that a key, where a request carries it, has one value
// that the operators of a family can read.
func Typed(source, key string, family iam.Family) Fact {
	f := Fact{
		Name: "typed:" + key, Text: key + " has a value of its type", Source: source,
		Keys: []string{key},
	}
	var readable Expr
	switch family {
	case iam.NumericFamily:
		readable = Or(condition("NumericLessThan", key, "0"), condition("NumericGreaterThanEquals", key, "0"))
	case iam.DateFamily:
		const some = "2000-01-01T00:00:00Z"
		readable = Or(condition("DateLessThan", key, some), condition("DateGreaterThanEquals", key, some))
	case iam.BoolFamily:
		readable = condition("Bool", key, "true", "false")
	case iam.IPFamily:
		readable = condition("IpAddress", key, "0.0.0.0/0", "::/0")
	case iam.ARNFamily:
		readable = condition("ArnLike", key, "arn:*:*:*:*:*")
	case iam.StringFamily, iam.BinaryFamily, iam.NullFamily:
		return f // anything goes
	}
	f.Holds = Or(null(key, true), readable)
	return f
}

// applicable returns the facts whose keys are all read, by the expression or by
// other facts that apply, and what they say.
func applicable(facts []Fact, e Expr) (used []Fact, held []Expr) {
	read := map[string]bool{}
	var conditions []iam.Condition
	reads := func(e Expr) {
		e.node().eachLeaf(func(n *node) {
			for _, c := range n.leaf.Conditions {
				read[strings.ToLower(c.Key)] = true
				conditions = append(conditions, c)
			}
		})
	}
	reads(e)
	applies := make([]bool, len(facts))
	for again := true; again; {
		again = false
		for i, f := range facts {
			if !applies[i] && !slices.ContainsFunc(f.Keys, func(k string) bool { return !read[strings.ToLower(k)] }) {
				applies[i], again = true, true
				reads(f.Holds)
			}
		}
	}
	for i, f := range facts {
		if !applies[i] {
			continue
		}
		used = append(used, f)
		if f.Holds.n != nil {
			held = append(held, f.Holds)
		}
		if f.link != nil {
			held = append(held, f.link(conditions)...)
		}
	}
	return used, held
}

// sameAccount returns that aws:PrincipalArn and aws:PrincipalAccount agree on
// whether the account matches a pattern.
func sameAccount(pattern string) Expr {
	account := condition("StringLike", keyPrincipalAccount, pattern)
	arn := condition("ArnLike", keyPrincipalARN, "arn:*:*:*:"+pattern+":*")
	return Or(null(keyPrincipalARN, true), And(Or(Not(account), arn), Or(Not(arn), account)))
}

// accountLink joins the two keys for every account that a condition asks for.
func accountLink(conditions []iam.Condition) []Expr {
	var patterns []string
	for _, c := range conditions {
		family := c.Operator.Family()
		for _, v := range c.Values {
			switch {
			case strings.EqualFold(c.Key, keyPrincipalAccount) && family == iam.StringFamily:
				if !c.Operator.Wildcards() {
					v = iam.Escape(v)
				}
				patterns = append(patterns, v)
			case strings.EqualFold(c.Key, keyPrincipalARN) && (family == iam.ARNFamily || c.Operator.Base == "StringLike" || c.Operator.Base == "StringEquals"):
				if parts := iam.SplitPattern(v, true); len(parts) == 6 && strings.Trim(parts[4], "*") != "" {
					patterns = append(patterns, parts[4])
				}
			}
		}
	}
	var out []Expr
	for _, p := range distinct(patterns) {
		if readable(p) && !strings.ContainsAny(p, ":$") {
			out = append(out, sameAccount(p))
		}
	}
	return out
}

// oneText returns the value of a key of a request that has one.
func oneText(r *simulate.Request, key string) (string, bool) {
	for k, v := range r.Context {
		if strings.EqualFold(k, key) {
			if vs := v.Strings(); len(vs) == 1 {
				return vs[0], true
			}
		}
	}
	return "", false
}

func accountLemma(r *simulate.Request) (Expr, bool) {
	text, has := oneText(r, keyPrincipalARN)
	arn, ok := iam.SplitARN(text)
	account, present := oneText(r, keyPrincipalAccount)
	if !has || !ok || !present || arn.Account == account || strings.Contains(account, ":") {
		return Expr{}, false
	}
	return And(sameAccount(iam.Escape(arn.Account)), sameAccount(iam.Escape(account))), true
}

// callerLemma joins the caller and aws:PrincipalArn: for the callers that the
// two name, and for their accounts.
func callerLemma(r *simulate.Request) (Expr, bool) {
	if r.Principal == "" {
		return Expr{}, false
	}
	text, _ := oneText(r, keyPrincipalARN)
	if strings.HasSuffix(r.Principal, ".amazonaws.com") && text != "" {
		named := Matches(iam.Statement{Principal: &iam.Principal{Service: []string{r.Principal}}})
		return Or(Not(named), null(keyPrincipalARN, true)), true
	}
	var all []Expr
	for _, caller := range []string{r.Principal, text} {
		arn, ok := iam.SplitARN(caller)
		if !ok || strings.ContainsAny(caller, "*?$") || strings.HasPrefix(arn.Resource, "assumed-role/") {
			continue
		}
		same := func(named string, by Expr) {
			names := Matches(iam.Statement{Principal: &iam.Principal{AWS: []string{named}}})
			all = append(all, Or(And(names, by), Not(Or(names, by))))
		}
		root := "arn:" + arn.Partition + ":iam::" + arn.Account + ":root"
		same(root, condition("ArnLike", keyPrincipalARN, "arn:*:*:*:"+arn.Account+":*"))
		if caller != root { // naming that says less than which caller it is
			same(caller, condition("StringEquals", keyPrincipalARN, caller))
		}
	}
	return And(all...), len(all) > 0
}
