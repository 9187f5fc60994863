package symbolic

import (
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// without returns the default facts but for one.
func without(name string) Options {
	facts := DefaultFacts()
	n := len(facts)
	facts = slices.DeleteFunc(facts, func(f Fact) bool { return f.Name == name })
	if len(facts) != n-1 {
		panic("no fact is called " + name)
	}
	return Options{Facts: facts}
}

// TestFacts shows for every default fact what it excludes, and that leaving it
// out brings that back.
func TestFacts(t *testing.T) {
	named := Matches(iam.Statement{Principal: &iam.Principal{AWS: []string{"arn:aws:iam::111122223333:user/u"}}})
	for name, e := range map[string]Expr{
		"principal-arn":                    cond("ArnLike", "aws:PrincipalArn", "arn:aws:sts::*:assumed-role/*"),
		"principal-account":                cond("StringEquals", "aws:PrincipalAccount", "12345"),
		"principal-account-of-arn":         And(cond("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:*"), cond("StringEquals", "aws:PrincipalAccount", "444455556666")),
		"caller":                           And(named, cond("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/u")),
		"present:aws:CurrentTime":          cond("Null", "aws:CurrentTime", "true"),
		"typed:aws:CurrentTime":            And(cond("Null", "aws:CurrentTime", "false"), Not(cond("DateLessThan", "aws:CurrentTime", "2030-01-01")), Not(cond("DateGreaterThanEquals", "aws:CurrentTime", "2030-01-01"))),
		"present:aws:EpochTime":            cond("Null", "aws:EpochTime", "true"),
		"present:aws:SecureTransport":      cond("Null", "aws:SecureTransport", "true"),
		"typed:aws:SecureTransport":        And(cond("Null", "aws:SecureTransport", "false"), Not(cond("Bool", "aws:SecureTransport", "true", "false"))),
		"typed:aws:MultiFactorAuthPresent": And(cond("Null", "aws:MultiFactorAuthPresent", "false"), Not(cond("Bool", "aws:MultiFactorAuthPresent", "true", "false"))),
		"typed:aws:ViaAWSService":          And(cond("Null", "aws:ViaAWSService", "false"), Not(cond("Bool", "aws:ViaAWSService", "true", "false"))),
		"typed:aws:PrincipalIsAWSService":  And(cond("Null", "aws:PrincipalIsAWSService", "false"), Not(cond("Bool", "aws:PrincipalIsAWSService", "true", "false"))),
	} {
		want(t, Solve(e, Options{}).Verdict, Unsatisfiable)
		r := Solve(e, without(name))
		if r.Verdict != Satisfiable {
			t.Errorf("%s: %s without it: %s", name, r.Verdict, r.Reason)
		}
	}
	for _, f := range DefaultFacts() {
		if f.Text == "" || !strings.HasPrefix(f.Source, "https://docs.aws.amazon.com/") || len(f.Keys) == 0 {
			t.Errorf("%s says too little of itself", f.Name)
		}
		for _, k := range f.Keys {
			if !strings.HasPrefix(k, "aws:") {
				t.Errorf("%s speaks of %s, a key of a service", f.Name, k)
			}
		}
	}
}

// TestFactsHoldForRealRequests judges requests that the simulator completes
// from a caller: a fact that one of them breaks would make proofs wrong.
func TestFactsHoldForRealRequests(t *testing.T) {
	for _, caller := range []string{
		"arn:aws:iam::111122223333:role/path/r", "arn:aws:iam::111122223333:user/u", "arn:aws:iam::111122223333:root", "111122223333",
		"arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:sts::111122223333:federated-user/f", "s3.amazonaws.com", "",
		"arn:aws-us-gov:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
	} {
		r := &simulate.Request{Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: map[string]simulate.Value{
			"aws:SecureTransport": simulate.Single("true"),
		}}
		r.Derive(time2027)
		for _, f := range DefaultFacts() {
			if !Eval(f.Holds, r) {
				t.Errorf("%q breaks %s", caller, f.Name)
			}
			if f.Lemma != nil {
				if lemma, ok := f.Lemma(r); ok && !Eval(lemma, r) {
					t.Errorf("%q breaks the lemma of %s", caller, f.Name)
				}
			}
			if f.link != nil {
				for _, e := range f.link([]iam.Condition{
					{Operator: iam.Operator{Base: "StringEquals"}, Key: "aws:PrincipalAccount", Values: []string{"111122223333", "4"}},
					{Operator: iam.Operator{Base: "ArnLike"}, Key: "aws:PrincipalArn", Values: []string{"arn:aws:iam::1*:role/x"}},
				}) {
					if !Eval(e, r) {
						t.Errorf("%q breaks %s", caller, e)
					}
				}
			}
		}
	}
}

func TestSigned(t *testing.T) {
	deny := cond("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:*")
	want(t, Solve(deny, Options{}).Verdict, Satisfiable)
	want(t, Solve(And(deny, cond("ArnNotLike", "aws:PrincipalArn", "arn:*:sts::*:*", "arn:*:iam::*:*")), Options{Facts: append(DefaultFacts(), Signed()...)}).Verdict, Unsatisfiable)
}

// TestFactsOfFacts uses a default fact on a key that only another fact reads.
func TestFactsOfFacts(t *testing.T) {
	f := Fact{
		Name: "owner", Source: "the test", Keys: []string{"t:owned"},
		Holds: Or(Not(cond("Bool", "t:owned", "true")), cond("ArnLike", "aws:PrincipalArn", "arn:aws:sts::*:assumed-role/*")),
	}
	e := cond("Bool", "t:owned", "true")
	want(t, Solve(e, Options{Facts: append([]Fact{f}, DefaultFacts()...)}).Verdict, Unsatisfiable)
	want(t, Solve(e, Options{Facts: []Fact{f}}).Verdict, Satisfiable)
}

func TestTyped(t *testing.T) {
	for family, operators := range map[iam.Family][2]Expr{
		iam.NumericFamily: {cond("NumericLessThanEquals", "k", "5"), cond("NumericGreaterThan", "k", "5")},
		iam.DateFamily:    {cond("DateLessThanEquals", "k", "2027-01-01"), cond("DateGreaterThan", "k", "2027-01-01")},
		iam.BoolFamily:    {cond("Bool", "k", "true"), cond("Bool", "k", "false")},
		iam.IPFamily:      {cond("IpAddress", "k", "0.0.0.0/0"), cond("IpAddress", "k", "::/0")},
		iam.ARNFamily:     {cond("ArnLike", "k", "arn:aws:*:*:*:*"), cond("ArnLike", "k", "arn:*:*:*:*:*")},
		iam.StringFamily:  {cond("StringLike", "k", "a*"), cond("StringNotLike", "k", "a*")},
	} {
		// A value that neither takes is of another type.
		e := And(cond("Null", "k", "false"), Not(operators[0]), Not(operators[1]))
		typed := Solve(e, Options{Facts: []Fact{Typed("the test", "k", family)}})
		want(t, typed.Verdict, Unsatisfiable)
		if family != iam.StringFamily {
			want(t, Solve(e, noFacts()).Verdict, Satisfiable)
		}
	}
}

// TestAccounts needs the account of aws:PrincipalArn and aws:PrincipalAccount
// to be one.
func TestAccounts(t *testing.T) {
	arn := func(patterns ...string) Expr { return cond("ArnLike", "aws:PrincipalArn", patterns...) }
	account := func(patterns ...string) Expr { return cond("StringLike", "aws:PrincipalAccount", patterns...) }
	want(t, Solve(And(arn("arn:aws:iam::1*:role/a"), account("2*")), Options{}).Verdict, Unsatisfiable)
	want(t, Solve(And(arn("arn:aws:iam::*2:role/a"), account("1*")), Options{}).Verdict, Satisfiable)
	want(t, Solve(And(arn("arn:aws:iam::*2:role/a"), account("1*"), Not(account("1*2"))), Options{}).Verdict, Unsatisfiable)
	want(t, Solve(And(cond("StringEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:root"), Not(account("111122223333"))), Options{}).Verdict, Unsatisfiable)
	want(t, Solve(And(arn("arn:aws:iam::*:role/a"), cond("StringEquals", "aws:PrincipalAccount", "444455556666")), Options{}).Verdict, Satisfiable)
	r := Solve(And(arn("arn:aws:iam::*:role/a"), Not(account("111122223333", "444455556666"))), Options{})
	want(t, r.Verdict, Satisfiable)
	got, _ := oneText(r.Witness, "AWS:principalaccount")
	split, _ := iam.SplitARN(r.Witness.Principal)
	want(t, got, split.Account)
	// Text that no account has is no trouble.
	want(t, Solve(And(arn("arn:aws:iam::${aws:x}:role/a"), account("a:b")), Options{}).Verdict, Unsatisfiable)
}

func TestPrincipals(t *testing.T) {
	names := func(p iam.Principal) Expr { return Matches(iam.Statement{Principal: &p}) }
	sparing := func(p iam.Principal) Expr { return Matches(iam.Statement{NotPrincipal: &p}) }
	account := iam.Principal{AWS: []string{"111122223333"}}
	role := iam.Principal{AWS: []string{"arn:aws:iam::111122223333:role/path/r"}}
	user := iam.Principal{AWS: []string{"arn:aws:iam::111122223333:user/u", "arn:aws:iam::444455556666:user/u"}}
	service := iam.Principal{Service: []string{"s3.amazonaws.com"}}
	other := iam.Principal{Federated: []string{"cognito-identity.amazonaws.com", "accounts.google.com"}, CanonicalUser: []string{"other"}}
	everybody := iam.Principal{AWS: []string{"*"}}
	for name, c := range map[string]struct {
		e    Expr
		want Verdict
	}{
		"a role is of its account":            {And(names(role), Not(names(account))), Unsatisfiable},
		"an account has other roles":          {And(names(account), Not(names(role)), Not(names(user))), Satisfiable},
		"a user is no role":                   {And(names(role), names(user)), Unsatisfiable},
		"users of two accounts":               {And(names(user), Not(names(account))), Satisfiable},
		"a service is of no account":          {And(names(service), names(account)), Unsatisfiable},
		"another service":                     {Not(Or(names(service), names(account), names(other), names(iam.Principal{AWS: []string{"111122223333"}}))), Satisfiable},
		"everybody":                           {Not(names(everybody)), Unsatisfiable},
		"all":                                 {Not(names(iam.Principal{Any: true})), Unsatisfiable},
		"providers":                           {And(names(other), Not(names(service))), Satisfiable},
		"NotPrincipal needs account and self": {And(sparing(user), cond("Null", "aws:PrincipalArn", "false"), names(user)), Satisfiable},
		"NotPrincipal with the account":       {And(sparing(iam.Principal{AWS: append([]string{"111122223333"}, role.AWS...)}), names(role)), Unsatisfiable},
		"the caller's ARN":                    {And(names(role), cond("StringEquals", "aws:PrincipalArn", role.AWS[0])), Satisfiable},
		"not another's ARN":                   {And(names(role), cond("StringEquals", "aws:PrincipalArn", user.AWS[0])), Unsatisfiable},
		"everybody, without an ARN":           {And(names(iam.Principal{Any: true}), cond("ArnNotLike", "aws:PrincipalArn", "arn:*:*:*:*:*")), Satisfiable},
		"an account, with an ARN":             {And(names(account), cond("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a*")), Satisfiable},
		"an account, with another's ARN":      {And(names(account), cond("ArnLike", "aws:PrincipalArn", "arn:aws:iam::4*:role/a*")), Unsatisfiable},
		"all of an account have an ARN":       {And(names(account), cond("ArnNotLike", "aws:PrincipalArn", "arn:*:*:*:111122223333:*")), Unsatisfiable},
		"not the role, but its ARN":           {And(names(account), Not(names(role)), cond("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/path/r")), Unsatisfiable},
		"a service has no ARN":                {And(names(service), cond("Null", "aws:PrincipalArn", "false")), Unsatisfiable},
		"a service":                           {And(names(service), cond("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/a")), Satisfiable},
		"a session":                           {names(iam.Principal{AWS: []string{"arn:aws:sts::111122223333:assumed-role/r/s"}}), Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			r := Solve(c.e, Options{})
			want(t, string(r.Verdict)+r.Reason[:0], c.want)
			if r.Verdict == Satisfiable {
				want(t, Eval(c.e, r.Witness), true)
			}
		})
	}
}

// TestFactsThatNeverSettle gives up on a fact that each request breaks anew.
func TestFactsThatNeverSettle(t *testing.T) {
	n := 0
	f := Fact{Name: "moving", Lemma: func(r *simulate.Request) (Expr, bool) {
		n++
		v, _ := oneText(r, "t:k")
		return cond("StringNotEquals", "t:k", iam.Escape(v)), true
	}}
	r := Solve(cond("StringLike", "t:k", "a*"), Options{Facts: []Fact{f}})
	want(t, r.Verdict, Unknown)
	want(t, n, maxRounds)
	want(t, r.Reason, "the fact moving is not met after 40 rounds")
}
