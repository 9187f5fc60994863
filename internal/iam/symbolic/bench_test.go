package symbolic

import (
	"fmt"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
)

// exceptions returns n patterns of roles.
func exceptions(n int, form string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(form, i)
	}
	return list
}

func spares(patterns []string) Expr {
	return Holds(iam.Condition{Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: patterns})
}

func isOneOf(patterns []string) Expr {
	return Holds(iam.Condition{Operator: iam.Operator{Base: "ArnLike"}, Key: "aws:PrincipalArn", Values: patterns})
}

// guardrails returns n denies of several actions and conditions with the same
// exceptions.
func guardrails(n int, excepted []string) []iam.Statement {
	list := make([]iam.Statement, n)
	for i := range list {
		list[i] = iam.Statement{
			Effect:    iam.Deny,
			Actions:   []string{fmt.Sprintf("svc%d:Create*", i%20), fmt.Sprintf("svc%d:Update%d", i%20, i), "ec2:RunInstances"},
			Resources: []string{fmt.Sprintf("arn:aws:svc%d:*:*:thing%d/*", i%20, i), fmt.Sprintf("arn:aws:ec2:*:*:kind%d/*", i)},
			Conditions: []iam.Condition{
				{Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: excepted},
				{Operator: iam.Operator{Base: "StringNotEquals"}, Key: fmt.Sprintf("svc%d:Mode%d", i%20, i%7), Values: []string{"required", fmt.Sprint(i)}},
				{Operator: iam.Operator{Base: "StringNotEquals"}, Key: "aws:PrincipalTag/exempt", Values: []string{"true"}},
			},
		}
	}
	return list
}

// split writes every statement as one for each action, exceptions as two
// conditions.
func split(list []iam.Statement) []iam.Statement {
	var out []iam.Statement
	for _, s := range list {
		for _, a := range s.Actions {
			one := s
			one.Actions = []string{a}
			c := s.Conditions[0]
			half := len(c.Values) / 2
			like := c
			like.Values, c.Values = c.Values[:half], c.Values[half:]
			like.Operator.Base = "ArnNotEquals"
			one.Conditions = append([]iam.Condition{c, like}, s.Conditions[1:]...)
			out = append(out, one)
		}
	}
	return out
}

func want(tb testing.TB, got, want any) {
	tb.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		tb.Fatalf("got %v, want %v", got, want)
	}
}

func BenchmarkPrefixExceptions30(b *testing.B) {
	list := exceptions(30, "arn:aws:iam::*:role/team-%02d/*")
	for b.Loop() {
		r := Solve(And(spares(list), isOneOf([]string{"arn:aws:iam::*:role/team-*"})), Options{})
		want(b, r.Verdict, Satisfiable)
		r = Solve(And(spares(list), isOneOf([]string{"arn:aws:iam::*:role/team-07/*", "arn:aws:iam::1*:role/team-29/a/b"})), Options{})
		want(b, r.Verdict, Unsatisfiable)
	}
}

func BenchmarkInfixPatterns300(b *testing.B) {
	list := exceptions(300, "arn:aws:iam::*:role/*team-%03d*")
	for b.Loop() {
		r := Solve(And(spares(list), isOneOf([]string{"arn:aws:iam::*:role/*"})), Options{})
		want(b, r.Verdict, Satisfiable)
		r = Solve(And(spares(list), isOneOf([]string{"arn:aws:iam::*:role/x*team-299?"})), Options{})
		want(b, r.Verdict, Unsatisfiable)
	}
}

func BenchmarkEquivalence60x10(b *testing.B) {
	one := guardrails(60, exceptions(10, "arn:aws:iam::*:role/team-%02d/*"))
	two := split(one)
	for b.Loop() {
		p := Equivalent(one, two, Options{})
		if p.Claim != Proved {
			b.Fatal(p.Claim, p.Reason, p.Witness)
		}
	}
}

func BenchmarkRefute60x10(b *testing.B) {
	one := guardrails(60, exceptions(10, "arn:aws:iam::*:role/team-%02d/*"))
	two := split(one)
	two[77].Conditions[2].Values = []string{"required"}
	for b.Loop() {
		p := Equivalent(one, two, Options{})
		if p.Claim != Refuted {
			b.Fatal(p.Claim, p.Reason)
		}
	}
}

func BenchmarkAccounts300(b *testing.B) {
	var accounts []string
	for i := range 300 {
		accounts = append(accounts, fmt.Sprint(111122220000+i))
	}
	not := Holds(iam.Condition{Operator: iam.Operator{Base: "StringNotEquals"}, Key: "aws:PrincipalAccount", Values: accounts})
	list := exceptions(30, "arn:aws:iam::*:role/team-%02d/*")
	for b.Loop() {
		r := Solve(And(not, spares(list)), Options{Facts: append(DefaultFacts(), Signed()...)})
		want(b, r.Verdict, Satisfiable)
		r = Solve(And(not, isOneOf([]string{"arn:aws:iam::111122220007:role/*", "arn:aws:iam::111122220107:root"})), Options{Facts: append(DefaultFacts(), Signed()...)})
		want(b, r.Verdict, Unsatisfiable)
	}
}
