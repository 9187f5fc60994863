package emit_test

import (
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/compiler/except"
	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/iam"
)

// now is before every deadline of the tests.
var now = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func cond(op, key string, values ...string) iam.Condition {
	parsed, err := iam.ParseOperator(op)
	if err != nil {
		panic(err)
	}
	return iam.Condition{Operator: parsed, Key: key, Values: values}
}

// program is a small one with every kind of guardrail that the module must
// carry: one that targets a resource type, one with an exemption of its own,
// one that protects a tag, one that is a setting, and a policy with none.
func program() ir.Program {
	return ir.Program{
		Account: "111122223333",
		Guardrails: []ir.Guardrail{
			{
				ID: "aws-ec2-imdsv2", Title: "EC2 instances accept only IMDSv2", Layer: ir.SCP,
				Fidelity: ir.Exact, Trust: ir.Reported, Origin: ir.Derived,
				Policy:     ir.PolicyRef{ID: "aws-ec2-imdsv2", File: "policies/aws/ec2/imdsv2/policy.rego", Line: 12, SHA256: "0123"},
				Findings:   []string{"f1"},
				Operations: []string{"ec2:RunInstances"},
				Statements: []ir.Statement{{
					Sid: "Ec2Imdsv2", Guardrail: "aws-ec2-imdsv2", Actions: []string{"ec2:RunInstances"},
					Resources: []string{"arn:*:ec2:*:*:instance/*"}, Line: 13,
					Conditions: []iam.Condition{cond("StringNotEquals", "ec2:MetadataHttpTokens", "required")},
				}},
				Checks: ir.Checks{States: 4, Examples: ir.Examples{Denied: 1, Allowed: 1}},
				Notes:  []string{"Launch templates are judged when instances are run."},
				Tests: []ir.TestRequest{
					{
						Name: "module.app.aws_instance.web[0]", Finding: "f1", Guardrail: "aws-ec2-imdsv2", Action: "ec2:RunInstances",
						Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*", Deny: true,
						Context: map[string][]string{"ec2:MetadataHttpTokens": {"optional"}, "aws:RequestedRegion": {"eu-west-1"}},
					},
					{
						Name: "good.tf aws_instance.ok", Guardrail: "aws-ec2-imdsv2", Action: "ec2:RunInstances",
						Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*",
						Context:  map[string][]string{"ec2:MetadataHttpTokens": {"required"}},
					},
				},
			},
			{
				ID: "aws-kms-deletion-window", Title: "Keys wait 30 days & more before they go", Layer: ir.SCP,
				Fidelity: ir.Stricter, Trust: ir.Documented, Origin: ir.Derived,
				Policy:     ir.PolicyRef{ID: "aws-kms-deletion-window", File: "policies/aws/kms/window/policy.rego", Line: 9, SHA256: "4567"},
				Findings:   []string{"f2"},
				Operations: []string{"kms:ScheduleKeyDeletion"},
				Statements: []ir.Statement{{
					Sid: "KmsWindow", Guardrail: "aws-kms-deletion-window", Actions: []string{"kms:ScheduleKeyDeletion"},
					Resources: []string{"*"}, Line: 10,
					Conditions: []iam.Condition{
						cond("NumericLessThan", "kms:ScheduleKeyDeletionPendingWindowInDays", "30"),
						cond("StringNotLike", "kms:KeySpec", "RSA${*}%{<&>*"),
						cond("ArnNotLike", "aws:principalarn", "arn:*:iam::*:role/key-janitor"),
					},
				}},
				Tests: []ir.TestRequest{
					{
						Name: "aws_kms_key.short", Finding: "f2", Guardrail: "aws-kms-deletion-window", Action: "kms:ScheduleKeyDeletion",
						Resource: "arn:aws:kms:eu-west-1:111122223333:key/1", Deny: true,
						Context: map[string][]string{"kms:ScheduleKeyDeletionPendingWindowInDays": {"7"}},
					},
					{
						Name: "aws_kms_key.long", Guardrail: "aws-kms-deletion-window", Action: "kms:ScheduleKeyDeletion",
						Resource: "arn:aws:kms:eu-west-1:111122223333:key/1",
						Context:  map[string][]string{"kms:ScheduleKeyDeletionPendingWindowInDays": {"30"}},
					},
				},
			},
			{
				ID: "platform-exempt-tag", Title: "Only the platform gives the exempt tag", Layer: ir.SCP,
				Fidelity: ir.Exact, Trust: ir.Documented, Origin: ir.Declared,
				Policy:     ir.PolicyRef{ID: "platform-exempt-tag", File: "policies/platform/tag/policy.rego", Line: 5, SHA256: "89ab"},
				Operations: []string{"iam:TagRole"},
				Statements: []ir.Statement{{
					Sid: "ExemptTag", Guardrail: "platform-exempt-tag", Line: 6, Resources: []string{"*"},
					Actions:    []string{"iam:CreateRole", "iam:CreateUser", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "sts:TagSession"},
					Conditions: []iam.Condition{cond("ForAnyValue:StringEquals", "aws:TagKeys", "guardrail-exempt")},
				}},
			},
			{
				ID: "aws-s3-account-public-access", Title: "S3 blocks public access", Layer: ir.Account,
				Fidelity: ir.Exact, Trust: ir.Documented, Origin: ir.Declared,
				Policy: ir.PolicyRef{ID: "aws-s3-account-public-access", File: "policies/aws/s3/account/policy.rego", Line: 7, SHA256: "cdef"},
				Settings: []ir.Setting{{Type: "aws_s3_account_public_access_block", Name: "this", Values: map[string]any{
					"block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
				}}},
			},
		},
		NotPreventable: []ir.NotPreventable{{
			Policy: "aws-ec2-open-ssh", Findings: []string{"f3"}, Reason: "no request carries the CIDR of a rule",
			At: "policies/aws/ec2/open_ssh/policy.rego:11", Instead: "gate plans with the policy",
		}},
	}
}

// records are exceptions of every kind: plain, until a time, on resources.
func records() []exception.Record {
	return []exception.Record{
		{ID: "break-glass", Policies: []string{"*"}, Principals: []string{"arn:aws:iam::*:role/break-glass"}, Reason: "Incident access", Owner: "platform-security", Ticket: "SEC-1"},
		{
			ID: "migration", Policies: []string{"aws-*"}, PermissionSets: []string{"Migrator"}, Accounts: []string{"444455556666"},
			Reason: "Moves images", Owner: "apps", Ticket: "SEC-2", Expires: time.Date(2100, 3, 31, 0, 0, 0, 0, time.UTC),
		},
		{
			ID: "old-keys", Policies: []string{"aws-kms-*"}, PrincipalTags: map[string][]string{"guardrail-exempt": {"true"}},
			OrgPaths:  []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"},
			Resources: []string{"arn:aws:kms:*:*:key/old-*"}, Reason: "Retires keys", Owner: "crypto",
			Expires: time.Date(2100, 6, 30, 12, 0, 0, 0, time.UTC),
		},
	}
}

// compile packs and emits a program with exceptions.
func compile(t testing.TB, prog ir.Program, records []exception.Record) (emit.Output, except.Set) {
	t.Helper()
	return compileWithin(t, layer.DefaultLimits(), prog, records)
}

// compileWithin does so under other quotas.
func compileWithin(t testing.TB, limits layer.Limits, prog ir.Program, records []exception.Record) (emit.Output, except.Set) {
	t.Helper()
	tags := except.ProtectedTags(prog)
	set, ds := except.New(records, except.Options{Now: now, ProtectedTags: tags})
	ds = append(ds, set.Check(prog)...)
	for _, g := range prog.Guardrails {
		ds = append(ds, layer.Check(g)...)
	}
	docs, more := pack.Pack(prog, pack.Options{Limits: limits, Size: emit.Size(set), Headroom: -1})
	if ds = append(ds, more...); ds.HasErrors() {
		t.Fatal(ds)
	}
	out, err := emit.Module(prog, docs, set, emit.Options{Version: "0.1.0", Limits: limits, ProtectedTags: tags})
	if err != nil {
		t.Fatal(err)
	}
	return out, set
}
