package symbolic_test

import (
	"fmt"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

func holds(operator, key string, values ...string) symbolic.Expr {
	return symbolic.Holds(iam.Condition{Operator: iam.Operator{Base: operator}, Key: key, Values: values})
}

// A guardrail is exact when nothing that its policy flags is let through, but
// for the exceptions, and when nothing else is denied. Here one exception ends
// in 2027, so the deny comes in two statements.
func ExampleSolve() {
	const key, end = "ec2:MetadataHttpTokens", "2027-03-31T00:00:00Z"
	instances := symbolic.And(symbolic.Action("ec2:RunInstances"), symbolic.Resource("arn:aws:ec2:*:*:instance/*"))
	violation := symbolic.And(instances, holds("StringNotEquals", key, "required"))
	excepted := symbolic.Or(
		holds("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/break-glass"),
		symbolic.And(holds("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/migration/*"), holds("DateLessThan", "aws:CurrentTime", end)),
	)
	deny := func(spared []string, more ...iam.Condition) iam.Statement {
		return iam.Statement{
			Effect: iam.Deny, Actions: []string{"ec2:RunInstances"}, Resources: []string{"arn:aws:ec2:*:*:instance/*"},
			Conditions: append(
				more,
				iam.Condition{Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: spared},
				iam.Condition{Operator: iam.Operator{Base: "StringNotEquals"}, Key: key, Values: []string{"required"}},
			),
		}
	}
	late := iam.Condition{Operator: iam.Operator{Base: "DateGreaterThanEquals"}, Key: "aws:CurrentTime", Values: []string{end}}
	denies := symbolic.AnyOf([]iam.Statement{
		deny([]string{"arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/migration/*"}),
		deny([]string{"arn:aws:iam::*:role/break-glass"}, late),
	})
	slips := symbolic.And(violation, symbolic.Not(excepted), symbolic.Not(denies))
	overblocked := symbolic.And(denies, symbolic.Or(excepted, symbolic.Not(violation)))
	fmt.Println(symbolic.Solve(slips, symbolic.Options{}).Verdict)
	fmt.Println(symbolic.Solve(overblocked, symbolic.Options{}).Verdict)

	// The same with a guardrail that somebody edited.
	edited := symbolic.Matches(deny([]string{"arn:aws:iam::*:role/break*", "arn:aws:iam::*:role/migration/*"}))
	r := symbolic.Solve(symbolic.And(violation, symbolic.Not(excepted), symbolic.Not(edited)), symbolic.Options{})
	fmt.Println(r.Verdict, r.Witness.Action, r.Witness.Context["aws:PrincipalArn"])
	// Output:
	// unsatisfiable
	// unsatisfiable
	// satisfiable ec2:RunInstances "arn:aws:iam::111122223333:role/break"
}
