package symbolic

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
)

// TestVariables covers what can be proved, and refuted, with policy variables
// (reference_policies_variables).
func TestVariables(t *testing.T) {
	home := []string{"arn:aws:s3:::home/${aws:username}/*"}
	k := func(operator string, values ...string) Expr { return cond(operator, "t:k", values...) }
	for name, c := range map[string]struct {
		e    Expr
		want Verdict
	}{
		"a variable matches itself":          {And(Resource(home...), Not(Resource(home...))), Unsatisfiable},
		"also beside others":                 {And(Resource(home...), Not(Resource(home[0], "arn:aws:s3:::b"))), Unsatisfiable},
		"at most what * does":                {And(Resource(home...), Not(Resource("arn:aws:s3:::home/*"))), Unsatisfiable},
		"less than * does":                   {And(Resource("arn:aws:s3:::home/*"), Not(Resource(home...))), Satisfiable},
		"a home of someone":                  {Resource(home...), Satisfiable},
		"someone's home is not a stranger's": {And(Resource(home...), cond("StringEquals", "aws:username", "ann"), Resource("arn:aws:s3:::home/bob/*")), Unknown},
		"someone's home":                     {And(Resource(home...), cond("StringEquals", "aws:username", "ann"), Resource("arn:aws:s3:::home/ann/x")), Satisfiable},
		"no value, no match":                 {And(Resource(home...), cond("Null", "aws:username", "true")), Unknown},
		"a default":                          {And(k("StringEquals", "${aws:PrincipalTag/t, 'dev'}"), k("StringEquals", "dev")), Satisfiable},
		"text around":                        {And(k("StringLike", "a-${aws:username}-*"), k("StringLike", "a-b?-c")), Satisfiable},
		"two variables":                      {And(k("StringEquals", "${aws:username}/${aws:PrincipalTag/t}"), k("StringEquals", "ann/dev")), Satisfiable},
		"a variable elsewhere":               {And(k("StringEquals", "${t:other}"), cond("StringEquals", "t:other", "x")), Satisfiable},
		"negated":                            {And(k("StringNotEquals", "${aws:username}"), k("StringLike", "a*")), Satisfiable},
		"negated without a value":            {And(k("StringNotEquals", "${aws:username}"), cond("Null", "aws:username", "true"), k("StringLike", "a")), Satisfiable},
		"negated, both given":                {And(k("StringNotEquals", "${aws:username}"), k("StringEquals", "a"), cond("StringLike", "aws:username", "a*")), Satisfiable},
		"a boolean":                          {And(k("Bool", "${aws:SecureTransport}"), cond("Bool", "aws:SecureTransport", "true")), Satisfiable},
		"a boolean is no text":               {And(k("Bool", "${aws:SecureTransport}"), k("StringEquals", "x")), Unsatisfiable},
		"an ARN":                             {And(cond("ArnLike", "t:arn", "arn:aws:iam::${aws:PrincipalAccount}:role/*"), cond("ArnLike", "t:arn", "arn:aws:iam::111122223333:role/a")), Satisfiable},
		"an ARN of another service":          {And(cond("ArnLike", "t:arn", "arn:aws:iam::${aws:PrincipalAccount}:role/*"), cond("ArnLike", "t:arn", "arn:aws:s3:::*")), Unsatisfiable},
		"NotResource without a value":        {And(Matches(iam.Statement{NotResources: home}), Resource("arn:aws:s3:::home/ann/x")), Satisfiable},
		"a set of values":                    {And(cond("ForAnyValue:StringEquals", "aws:TagKeys", "${aws:username}"), cond("ForAnyValue:StringEquals", "aws:TagKeys", "b")), Satisfiable},
		"in the account part it is text":     {Resource("arn:aws:s3::${aws:PrincipalAccount}:b"), Unsatisfiable},
		"the empty text":                     {And(k("StringEquals", "${aws:username}"), k("StringEquals", "")), Satisfiable},
		"plain text in 2008":                 {And(Matches2008(iam.Statement{Resources: home}), Not(Resource("arn:aws:s3:::home/${$}{aws:username}/*"))), Unsatisfiable},
		"text and a variable of 2008":        {And(Matches2008(iam.Statement{Resources: home}), k("StringEquals", "${aws:username}")), Satisfiable},
	} {
		t.Run(name, func(t *testing.T) {
			r := Solve(c.e, Options{})
			if r.Verdict != c.want {
				t.Fatalf("%s (%s), want %s", r.Verdict, r.Reason, c.want)
			}
			if r.Verdict == Satisfiable && !Eval(c.e, r.Witness) {
				t.Errorf("the witness is none: %s", Describe(r.Witness))
			}
			if r.Verdict == Unknown {
				want(t, r.Reason, "policy variables decide: ${aws:username}")
			}
		})
	}
}

// FuzzLaws checks the laws of answers on random expressions.
func FuzzLaws(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed*1000, seed%2 == 0)
	}
	f.Fuzz(func(t *testing.T, seed uint64, variables bool) { law(t, seed, variables, 300) })
}
