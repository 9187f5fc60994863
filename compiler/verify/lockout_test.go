package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/verify"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/symbolic"
)

func when(op, key string, values ...string) iam.Condition {
	parsed, err := iam.ParseOperator(op)
	if err != nil {
		panic(err)
	}
	return iam.Condition{Operator: parsed, Key: key, Values: values}
}

func deny(sid string, actions []string, conditions ...iam.Condition) verify.Deny {
	return verify.Deny{Layer: ir.SCP, Guardrail: "g", Base: sid, Statement: iam.Statement{
		Sid: sid, Effect: iam.Deny, Actions: actions, Resources: []string{"*"}, Conditions: conditions,
	}}
}

func TestLockout(t *testing.T) {
	pipeline := verify.Identity{Name: "pipeline", ARN: "arn:aws:iam::111122223333:role/ci/terraform"}
	notPipeline := when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ci/*")
	for _, c := range []struct {
		name   string
		deny   verify.Deny
		want   string // need: Sid actions / always
		blocks bool
	}{
		{"another service", deny("A", []string{"s3:*"}), "", false},
		{"all of Organizations", deny("A", []string{"organizations:*"}), "change or remove the policies: organizations:AttachPolicy", true},
		{"everything", deny("A", []string{"*"}), "change or remove the policies: organizations:AttachPolicy", true},
		{"but for the pipeline", deny("A", []string{"*"}, notPipeline), "", false},
		{"under a condition", deny("A", []string{"organizations:*"}, when("StringNotEquals", "aws:RequestedRegion", "us-east-1")), "change or remove the policies: organizations:AttachPolicy", false},
		{"one call", deny("A", []string{"organizations:DetachPolicy"}), "change or remove the policies: organizations:DetachPolicy", true},
		{"taking roles", deny("A", []string{"sts:Assume*"}), "take the roles that do: sts:AssumeRole", true},
		{"roles", deny("A", []string{"iam:CreateRole"}), "keep up the roles that do: iam:CreateRole", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, blocks := "", false
			for _, h := range verify.Lockout([]verify.Deny{c.deny}, []verify.Identity{pipeline}, symbolic.Options{}) {
				if h.Reason != "" {
					t.Errorf("unknown: %s", h.Reason)
				}
				blocks = blocks || h.Blocks()
				for _, d := range h.Denied {
					if got == "" {
						got = fmt.Sprintf("%s: %s", h.Need, d.Actions[0])
					}
				}
			}
			if got != c.want || blocks != c.blocks {
				t.Errorf("%q, blocks %v; want %q, %v", got, blocks, c.want, c.blocks)
			}
		})
	}
}

func TestDenyAll(t *testing.T) {
	for _, c := range []struct {
		deny verify.Deny
		want string
	}{
		{deny("A", []string{"s3:PutBucketPolicy"}), ""},
		{deny("A", []string{"s3:Put*"}), ""},
		{deny("A", []string{"s3:*"}), "A false s3:*"},
		{deny("A", []string{"*"}), "A true *"},
		{deny("A", []string{"*:*"}), "A true *:*"},
		{deny("A", []string{"*"}, when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x")), "A true *"},
		{deny("A", []string{"*"}, when("StringNotEquals", "aws:RequestedRegion", "eu-west-1")), ""},
	} {
		got := ""
		for _, w := range verify.DenyAll([]verify.Deny{c.deny}) {
			got = fmt.Sprintf("%s %v %s", w.Sid, w.Everything, strings.Join(w.Actions, " "))
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.deny.Statement, got, c.want)
		}
	}
}

func TestVacuity(t *testing.T) {
	st := func(sid string, actions []string, resource string, cs ...iam.Condition) ir.Statement {
		return ir.Statement{Sid: sid, Guardrail: "g", Actions: actions, Resources: []string{resource}, Conditions: cs}
	}
	public := when("StringEquals", "s3:x-amz-acl", "public-read")
	for _, c := range []struct {
		name       string
		statements []ir.Statement
		want       []string
	}{
		{"sound", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "arn:*:s3:::*", public)}, nil},
		{"no such action", []ir.Statement{st("A", []string{"s3:PutBucketAcls"}, "*")}, []string{`A: no action "s3:PutBucketAcls" is known`}},
		{"key never sent", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "*", when("StringEquals", "ec2:InstanceType", "t3.nano"))}, []string{"A: ec2:InstanceType never comes with s3:PutBucketAcl"}},
		{"resource never taken", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "arn:*:ec2:*:*:instance/*")}, []string{"A: the statement can never match"}},
		{"clash", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "*", public, when("Null", "s3:x-amz-acl", "true"))}, []string{"A: the statement can never match"}},
		{"clash that only a proof finds", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "*", when("StringLike", "s3:x-amz-acl", "public-*"), when("StringNotLike", "s3:x-amz-acl", "pub*"))}, []string{"A: the statement can never match"}},
		{"twice", []ir.Statement{st("A", []string{"s3:PutBucketAcl"}, "*", public), st("B", []string{"s3:PutBucketAcl"}, "*", public)}, []string{"B: other statements of its guardrail deny all that it denies"}},
		{"two make a third", []ir.Statement{
			st("A", []string{"s3:PutBucketAcl"}, "*", public),
			st("B", []string{"s3:PutBucketAcl"}, "*", when("Null", "s3:x-amz-acl", "true")),
			st("C", []string{"s3:PutBucketAcl"}, "*", when("StringEqualsIfExists", "s3:x-amz-acl", "public-read")),
		}, []string{"A: other statements of its guardrail deny all that it denies", "B: other statements of its guardrail deny all that it denies"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range verify.Vacuity(c.statements, map[string]ir.Layer{}, symbolic.Options{}) {
				got = append(got, d.Summary)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
