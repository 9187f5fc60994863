package symbolic

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// time2027 is when requests of tests are made.
var time2027 = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func cond(operator, key string, values ...string) Expr {
	op, err := iam.ParseOperator(operator)
	if err != nil {
		panic(err)
	}
	return Holds(iam.Condition{Operator: op, Key: key, Values: values})
}

// noFacts leaves the facts out.
func noFacts() Options { return Options{Facts: []Fact{}} }

// TestConditionRules pins the rules of condition operators
// (reference_policies_elements_condition_operators and
// reference_policies_multi-value-conditions).
func TestConditionRules(t *testing.T) {
	absent, present := cond("Null", "t:k", "true"), cond("Null", "t:k", "false")
	for name, c := range map[string]struct {
		e    Expr
		want Verdict
	}{
		"positive on an absent key":                  {And(absent, cond("StringEquals", "t:k", "a")), Unsatisfiable},
		"negated on an absent key":                   {And(absent, cond("StringNotEquals", "t:k", "a")), Satisfiable},
		"negated holds on an absent key":             {And(absent, Not(cond("ArnNotLike", "t:k", "arn:aws:iam::*:role/a"))), Unsatisfiable},
		"…IfExists holds on an absent key":           {And(absent, Not(cond("NumericLessThanIfExists", "t:k", "1"))), Unsatisfiable},
		"absent and present":                         {And(absent, present), Unsatisfiable},
		"ForAllValues holds without values":          {And(absent, Not(cond("ForAllValues:StringEquals", "t:k", "a"))), Unsatisfiable},
		"ForAnyValue needs a value":                  {And(absent, cond("ForAnyValue:StringNotEquals", "t:k", "a")), Unsatisfiable},
		"ForAnyValue excludes ForAllValues negated":  {And(cond("ForAnyValue:StringLike", "t:k", "a*"), cond("ForAllValues:StringNotLike", "t:k", "a*")), Unsatisfiable},
		"one value in, one out":                      {And(cond("ForAnyValue:StringEquals", "t:k", "a"), cond("ForAnyValue:StringNotEquals", "t:k", "a")), Satisfiable},
		"one value in, one out, of one value":        {And(cond("StringEquals", "t:k", "a"), cond("ForAnyValue:StringNotEquals", "t:k", "a")), Unsatisfiable},
		"a set meets no plain operator":              {And(cond("ForAnyValue:StringEquals", "t:k", "a"), cond("ForAnyValue:StringEquals", "t:k", "b"), cond("StringNotEquals", "t:k", "c")), Unsatisfiable},
		"the empty text is present":                  {And(present, cond("StringEquals", "t:k", ""), cond("ForAllValues:StringEquals", "t:k", "a")), Satisfiable},
		"StringEquals takes * literally":             {And(cond("StringEquals", "t:k", "*"), Not(cond("StringLike", "t:k", "${*}"))), Unsatisfiable},
		"StringLike crosses colons":                  {And(cond("StringLike", "t:k", "arn:aws:*:x"), cond("ArnLike", "t:k", "arn:aws:s3:::x")), Satisfiable},
		"ArnLike does not":                           {And(cond("ArnLike", "t:k", "arn:*:x"), present), Unsatisfiable},
		"ArnEquals is ArnLike":                       {And(cond("ArnEquals", "t:k", "arn:aws:s3:::a*"), Not(cond("ArnLike", "t:k", "arn:aws:s3:::a*"))), Unsatisfiable},
		"strings keep their case":                    {And(cond("StringEquals", "t:k", "a"), cond("StringEquals", "T:K", "A")), Unsatisfiable},
		"IgnoreCase does not":                        {And(cond("StringEqualsIgnoreCase", "t:k", "ab"), cond("StringEquals", "t:k", "aB")), Satisfiable},
		"IgnoreCase is all cases":                    {And(cond("StringEqualsIgnoreCase", "t:k", "x"), cond("StringNotEquals", "t:k", "x", "X"), present), Unsatisfiable},
		"IgnoreCase of k has a third":                {And(cond("StringEqualsIgnoreCase", "t:k", "k"), cond("StringNotEquals", "t:k", "k", "K"), present), Satisfiable},
		"Bool in any case":                           {And(cond("Bool", "t:k", "true"), cond("StringEquals", "t:k", "TrUe")), Satisfiable},
		"Bool is one of two":                         {And(cond("Bool", "t:k", "true"), cond("Bool", "t:k", "false")), Unsatisfiable},
		"no number is under 1 and over 2":            {And(cond("NumericLessThan", "t:k", "1"), cond("NumericGreaterThan", "t:k", "2")), Unsatisfiable},
		"a number between":                           {And(cond("NumericGreaterThan", "t:k", "1"), cond("NumericLessThan", "t:k", "1.5"), cond("NumericNotEquals", "t:k", "1.25")), Satisfiable},
		"numbers are equal by value":                 {And(cond("NumericEquals", "t:k", "1.0"), Not(cond("NumericEquals", "t:k", "1"))), Unsatisfiable},
		"equal is not later":                         {And(cond("DateEquals", "t:k", "2027-01-01"), cond("DateGreaterThan", "t:k", "2027-01-01T00:00:00Z")), Unsatisfiable},
		"a date in seconds":                          {And(cond("DateEquals", "t:k", "1798761600"), cond("DateEquals", "t:k", "2027-01-01")), Satisfiable},
		"a moment between":                           {And(cond("DateGreaterThan", "t:k", "2027-01-01"), cond("DateLessThan", "t:k", "2027-01-01T00:00:00.000002Z")), Satisfiable},
		"no moment between":                          {And(cond("DateGreaterThan", "t:k", "2027-01-01"), cond("DateLessThan", "t:k", "2027-01-01T00:00:00.000001Z")), Unsatisfiable},
		"an address in both ranges":                  {And(cond("IpAddress", "t:k", "10.0.0.0/8"), cond("IpAddress", "t:k", "10.1.0.0/16"), cond("NotIpAddress", "t:k", "10.1.0.0/17")), Satisfiable},
		"a range in two halves":                      {And(cond("IpAddress", "t:k", "10.0.0.0/8"), cond("NotIpAddress", "t:k", "10.0.0.0/9", "10.128.0.0/9")), Unsatisfiable},
		"no address of both versions":                {And(cond("IpAddress", "t:k", "0.0.0.0/0"), cond("IpAddress", "t:k", "::/0")), Unsatisfiable},
		"the last address":                           {And(cond("IpAddress", "t:k", "255.255.255.255"), cond("NotIpAddress", "t:k", "255.255.255.254")), Satisfiable},
		"bytes":                                      {And(cond("BinaryEquals", "t:k", "YQ=="), cond("BinaryEquals", "t:k", "Yg==")), Unsatisfiable},
		"other bytes":                                {And(present, Not(cond("BinaryEquals", "t:k", "b3RoZXI=", ""))), Satisfiable},
		"text and numbers":                           {And(cond("StringLike", "t:k", "1*"), cond("NumericLessThan", "t:k", "2")), Satisfiable},
		"text and numbers, the numbers clash":        {And(cond("StringLike", "t:k", "1*"), cond("NumericLessThan", "t:k", "1"), cond("NumericGreaterThan", "t:k", "1")), Unsatisfiable},
		"text and numbers, the text clashes":         {And(cond("StringEquals", "t:k", "1"), cond("StringEquals", "t:k", "2"), cond("NumericLessThan", "t:k", "9")), Unsatisfiable},
		"text and numbers, not decided":              {And(cond("StringLike", "t:k", "1?"), cond("NumericLessThan", "t:k", "9")), Unknown},
		"a range but for its ends":                   {And(cond("IpAddress", "t:k", "10.0.0.0/8"), cond("NotIpAddress", "t:k", "10.0.0.0/9", "10.255.0.0/16")), Satisfiable},
		"a colon where an ARN's part has none":       {And(cond("StringLike", "t:k", "arn:?b::::x"), cond("ArnNotLike", "t:k", "arn:?b:*:*:*:*")), Satisfiable},
		"Null with both values":                      {Not(cond("Null", "t:k", "true", "false")), Unsatisfiable},
		"Null without a usable value":                {cond("Null", "t:k", "no"), Unsatisfiable},
		"actions in any case":                        {And(Action("s3:GetObject"), Not(Action("S3:getOBJECT"))), Unsatisfiable},
		"an action has one colon":                    {And(Action("*:*:*")), Unsatisfiable},
		"actions of the future count":                {And(Action("s3:*"), Not(Action("s3:Get*", "s3:Put*", "s3:List*"))), Satisfiable},
		"* alone covers the resource-less":           {And(Resource("*"), Not(Resource("arn:*:*:*:*:*"))), Satisfiable},
		"an ARN does not":                            {And(Resource("arn:aws:s3:::*"), Not(Resource("arn:aws:s3:*"))), Unsatisfiable},
		"a short ARN":                                {Resource("arn:aws:s3"), Unsatisfiable},
		"text that is no ARN is compared as a whole": {And(Resource("*:instance/*"), Not(Resource("arn:aws:ec2:*:*:instance/*"))), Satisfiable},
		"nothing":                       {Or(Action(), Resource(), False()), Unsatisfiable},
		"everything":                    {And(True(), Expr{}, Not(False()), Not(Not(True()))), Satisfiable},
		"a date beyond what is written": {cond("DateLessThan", "t:k", "9999"), Unknown},
		"bytes that are no text":        {cond("StringLike", "t:k", "\xff"), Unknown},
		"an action that is no ASCII":    {Action("s3:Gét"), Unknown},
		"a resource that is no text":    {Resource("arn:aws:s3:::\xff"), Unknown},
		"letters beyond ASCII":          {And(cond("StringLike", "t:k", "é*"), cond("StringNotLike", "t:k", "é?*")), Satisfiable},
	} {
		t.Run(name, func(t *testing.T) {
			r := Solve(c.e, noFacts())
			if r.Verdict != c.want {
				w := ""
				if r.Witness != nil {
					w = Describe(r.Witness)
				}
				t.Fatalf("%s, want %s: %s %s", r.Verdict, c.want, r.Reason, w)
			}
			if r.Verdict == Satisfiable && !Eval(c.e, r.Witness) {
				t.Errorf("the witness is none: %s", Describe(r.Witness))
			}
			if (r.Verdict == Unknown) != (r.Reason != "") {
				t.Errorf("reason %q of %s", r.Reason, r.Verdict)
			}
		})
	}
}

// TestManyPoints makes sure that every gap between constants has a candidate.
func TestManyPoints(t *testing.T) {
	points := []string{"-1e300", "-3", "0", "0.1", "0.30000000000000004", "1", "1.5", "9007199254740992", "1e300"}
	for i := range len(points) - 1 {
		between := And(cond("NumericGreaterThan", "n", points[i]), cond("NumericLessThan", "n", points[i+1]), cond("NumericNotEquals", "n", points...))
		want(t, Solve(between, noFacts()).Verdict, Satisfiable)
	}
	want(t, Solve(cond("NumericLessThan", "n", points[0]), noFacts()).Verdict, Satisfiable)
	want(t, Solve(cond("NumericGreaterThan", "n", points[len(points)-1]), noFacts()).Verdict, Satisfiable)
	gap := And(cond("NumericGreaterThan", "n", "0.3"), cond("NumericLessThan", "n", "0.30000000000000004"))
	want(t, Solve(gap, noFacts()).Verdict, Unsatisfiable) // neighbours
	want(t, Solve(And(cond("NumericGreaterThan", "n", "1"), cond("NumericLessThan", "n", "1")), noFacts()).Verdict, Unsatisfiable)
	tiny := And(cond("NumericGreaterThan", "n", "1"), cond("NumericLessThan", "n", "1.0000000000000002"))
	want(t, Solve(tiny, noFacts()).Verdict, Unsatisfiable)
}

// TestAdversarial asks for what is exponential: the letter that stands k places
// before the end is an a, and is a b.
func TestAdversarial(t *testing.T) {
	hard := func(k int) Expr {
		return And(
			cond("StringLike", "t:k", "*a"+strings.Repeat("?", k)+"*a"+strings.Repeat("?", k)),
			cond("StringNotLike", "t:k", "*a"+strings.Repeat("?", k)),
		)
	}
	want(t, Solve(hard(6), noFacts()).Verdict, Unsatisfiable)
	start := time.Now()
	r := Solve(hard(40), Options{Facts: []Fact{}, MaxStates: 3000})
	want(t, r.Verdict, Unknown)
	if !strings.Contains(r.Reason, "t:k: limit of 3000 states reached") || !strings.Contains(r.Reason, "*a????") {
		t.Errorf("reason %q", r.Reason)
	}
	// The limit counts for everything together as well.
	var many []Expr
	for i := range 40 {
		many = append(many, Or(And(hard(30+i), cond("StringEquals", "t:other", "a")), And(hard(29+i), cond("StringEquals", "t:other", "b"))))
	}
	r = Solve(Or(many...), Options{Facts: []Fact{}, MaxStates: 3000})
	want(t, r.Verdict, Unknown)
	if r.Stats.States > statesInAll*3000+3000 {
		t.Errorf("%d states", r.Stats.States)
	}
	// What needs no answer from the hard part has one.
	r = Solve(Or(hard(40), cond("StringEquals", "t:other", "a")), Options{Facts: []Fact{}, MaxStates: 3000})
	want(t, r.Verdict, Satisfiable)
	r = Solve(And(hard(40), cond("StringEquals", "t:other", "a"), cond("StringEquals", "t:other", "b")), Options{Facts: []Fact{}, MaxStates: 3000})
	want(t, r.Verdict, Unsatisfiable)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestWitnessReadsWell(t *testing.T) {
	deny := iam.Statement{
		Effect: iam.Deny, Actions: []string{"ec2:RunInstances"}, Resources: []string{"arn:aws:ec2:*:*:instance/*"},
		Conditions: []iam.Condition{
			{Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: []string{"arn:aws:iam::*:role/break-glass"}},
			{Operator: iam.Operator{Base: "StringNotEquals"}, Key: "ec2:MetadataHttpTokens", Values: []string{"required"}},
		},
	}
	o := Options{Facts: append(DefaultFacts(), Signed()...)}
	r := Solve(And(Matches(deny), cond("StringLike", "ec2:MetadataHttpTokens", "*")), o)
	want(t, r.Verdict, Satisfiable)
	want(t, Describe(r.Witness), `ec2:RunInstances on arn:aws:ec2:us-east-1:111122223333:instance/, by arn:aws:iam::111122223333:role/a, `+
		`aws:PrincipalArn="arn:aws:iam::111122223333:role/a", ec2:MetadataHttpTokens="a"`)
	// A whole evaluator judges the witness too.
	e := simulate.Compile(simulate.Hierarchy{SCP: []simulate.Level{{Policies: []iam.Policy{
		simulate.FullAWSAccess(), {Version: iam.Version2012, Statements: []iam.Statement{deny}},
	}}}})
	want(t, e.Decide(r.Witness).Effect, simulate.ExplicitlyDenied)
}

func TestDeterministic(t *testing.T) {
	one := guardrails(12, exceptions(5, "arn:aws:iam::*:role/team-%02d/*"))
	two := split(one)
	two[7].Conditions[2].Values = []string{"required"}
	first := Equivalent(one, two, Options{})
	want(t, first.Claim, Refuted)
	for range 3 {
		again := Equivalent(one, two, Options{})
		want(t, again.Stats, first.Stats)
		want(t, Describe(again.Witness), Describe(first.Witness))
	}
}

func TestClaims(t *testing.T) {
	narrow := []iam.Statement{{Actions: []string{"s3:Get*"}, Resources: []string{"arn:aws:s3:::a/*"}}}
	wide := []iam.Statement{{Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::a*"}}, {NotActions: []string{"s3:*"}, NotResources: []string{"*"}}}
	want(t, Subsumes(wide, narrow, Options{}).Claim, Proved)
	p := Subsumes(narrow, wide, Options{})
	want(t, p.Claim, Refuted)
	want(t, Eval(AnyOf(wide), p.Witness) && !Eval(AnyOf(narrow), p.Witness), true)
	want(t, Equivalent(narrow, wide, Options{}).Claim, Refuted)
	want(t, Equivalent(wide, narrow, Options{}).Claim, Refuted)
	want(t, Equivalent(wide, wide[:1], Options{}).Claim, Proved)
	r := Overlap(narrow, wide, Options{})
	want(t, r.Verdict, Satisfiable)
	want(t, Eval(And(AnyOf(narrow), AnyOf(wide)), r.Witness), true)
	want(t, Overlap(narrow, []iam.Statement{{NotActions: []string{"S3:GET*"}}}, Options{}).Verdict, Unsatisfiable)
	broken := []iam.Statement{{Actions: []string{"é"}}}
	want(t, Equivalent(broken, narrow, Options{}).Claim, Undecided)
	want(t, Prove(True(), Options{}).Claim, Proved)
}

func TestString(t *testing.T) {
	e := And(
		Or(Action("s3:*"), Not(Resource("*"))), Matches(iam.Statement{Sid: "Named"}),
		cond("ForAnyValue:StringLike", "k", "a"),
		Matches(iam.Statement{Principal: &iam.Principal{Any: true}}), Matches(iam.Statement{NotPrincipal: &iam.Principal{AWS: []string{"1"}}}),
	)
	want(t, e.String(), `(and (or [Action ["s3:*"]] (not [Resource ["*"]])) Named [k ForAnyValue:StringLike ["a"]] `+
		`[Principal {true [] [] [] []}] [NotPrincipal {false [1] [] [] []}])`)
	want(t, Expr{}.String(), "(and)")
}

// TestStatementsAreCopied changes a statement after it became an expression.
func TestStatementsAreCopied(t *testing.T) {
	s := iam.Statement{Actions: []string{"s3:*"}}
	e := Matches(s)
	s.Actions[0] = "ec2:*"
	want(t, Eval(e, &simulate.Request{Action: "s3:GetObject"}), true)
}

func TestMultiValued(t *testing.T) {
	both := func(key string) Expr {
		return Not(Or(cond("StringEquals", key, "a"), cond("StringNotEquals", key, "a")))
	}
	// Only a set of values meets neither operator.
	want(t, Solve(both("t:k"), Options{}).Verdict, Unsatisfiable)
	want(t, Solve(both("aws:TagKeys"), Options{}).Verdict, Satisfiable)
	want(t, Solve(And(both("t:k"), cond("ForAnyValue:StringLike", "t:k", "*")), Options{}).Verdict, Satisfiable)
	want(t, Solve(both("t:k"), Options{MultiValued: func(key string) bool { return key == "t:k" }}).Verdict, Satisfiable)
	// The empty text counts as a value only beside another.
	r := Solve(And(cond("ForAnyValue:StringEquals", "t:k", ""), cond("ForAllValues:StringLike", "t:k", "", "b*")), Options{})
	want(t, r.Verdict, Satisfiable)
	want(t, r.Witness.Context["t:k"], `["", "b"]`)
	want(t, Solve(And(cond("ForAnyValue:StringEquals", "t:k", ""), cond("ForAllValues:StringEquals", "t:k", "")), Options{}).Verdict, Unsatisfiable)
	want(t, Solve(And(cond("ForAnyValue:StringEquals", "t:k", "a"), cond("Null", "t:k", "true")), Options{}).Verdict, Unsatisfiable)
	if !slices.IsSorted(multiValued) {
		t.Error("the list of multi-valued keys is not sorted")
	}
}
