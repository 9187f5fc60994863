package simulate_test

import (
	"fmt"
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// guardrails is an SCP of denies on one action with exceptions each, the shape
// that Parapet emits.
func guardrails(denies, exceptions int, action func(int) string) iam.Policy {
	return withRoles(denies, exceptions, action, "arn:aws:iam::*:role/team-%d-%d/*")
}

func withRoles(denies, exceptions int, action func(int) string, format string) iam.Policy {
	p := iam.Policy{Version: iam.Version2012}
	for i := range denies {
		var roles []string
		for j := range exceptions {
			roles = append(roles, fmt.Sprintf(format, i, j))
		}
		p.Statements = append(p.Statements, iam.Statement{
			Sid: fmt.Sprintf("Deny%d", i), Effect: iam.Deny, Actions: []string{action(i)}, Resources: []string{"arn:aws:ec2:*:*:instance/*"},
			Conditions: []iam.Condition{
				{Operator: iam.Operator{Base: "ArnNotLike"}, Key: "aws:PrincipalArn", Values: roles},
				{Operator: iam.Operator{Base: "StringNotEquals"}, Key: "ec2:MetadataHttpTokens", Values: []string{"required"}},
			},
		})
	}
	return p
}

func benchRequest(role, tokens string) *simulate.Request {
	arn := "arn:aws:iam::111122223333:role/" + role
	return &simulate.Request{
		Principal: arn, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:eu-west-1:111122223333:instance/*",
		Context: simulate.Context(map[string][]string{
			"aws:PrincipalArn": {arn}, "ec2:MetadataHttpTokens": {tokens}, "aws:RequestedRegion": {"eu-west-1"}, "aws:PrincipalAccount": {"111122223333"},
			"aws:CurrentTime": {"2026-11-21T00:00:00Z"}, "ec2:InstanceType": {"t3.micro"}, "aws:SourceIp": {"203.0.113.7"}, "aws:SecureTransport": {"true"},
		}),
	}
}

// BenchmarkDecide measures one core. The cases say which path they cover.
func BenchmarkDecide(b *testing.B) {
	same := func(int) string { return "ec2:RunInstances" }
	other := func(i int) string { return fmt.Sprintf("s3:Action%d", i) }
	levels := func(p ...iam.Policy) []simulate.Level {
		return []simulate.Level{{Target: "root", Policies: append(p, simulate.FullAWSAccess())}}
	}
	cases := []struct {
		name string
		h    simulate.Hierarchy
		r    *simulate.Request
	}{
		// The bar: every deny is judged, and each compares all its exceptions.
		{"SCP10x30/denied", simulate.Hierarchy{SCP: levels(guardrails(10, 30, same))}, benchRequest("dev", "optional")},
		// Every deny but the last fires; the last one's exception is the caller's.
		{"SCP10x30/excepted", simulate.Hierarchy{SCP: levels(guardrails(10, 30, same))}, benchRequest("team-9-29/x", "optional")},
		// No deny fires, yet all exceptions are compared.
		{"SCP10x30/allowed", simulate.Hierarchy{SCP: levels(guardrails(10, 30, same))}, benchRequest("dev", "required")},
		// Exceptions that begin alike, as those of permission sets do: none can be
		// ruled out by its beginning.
		{
			"SCP10x30/infix",
			simulate.Hierarchy{SCP: levels(withRoles(10, 30, same, "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Set-%d-%d_????????????????"))},
			benchRequest("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Other_0123456789abcdef", "optional"),
		},
		// Statements whose action cannot match must cost nothing: compare the two.
		{"OtherActions/10", simulate.Hierarchy{SCP: levels(guardrails(10, 3, other))}, benchRequest("dev", "optional")},
		{"OtherActions/10000", simulate.Hierarchy{SCP: levels(guardrails(10_000, 3, other))}, benchRequest("dev", "optional")},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			e := simulate.Compile(c.h)
			var d simulate.Decision
			b.ReportAllocs()
			for b.Loop() {
				e.DecideInto(&d, c.r)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}

// TestNoAllocations holds deciding to no allocation at all.
func TestNoAllocations(t *testing.T) {
	e := simulate.Compile(simulate.Hierarchy{SCP: []simulate.Level{{Policies: []iam.Policy{
		simulate.FullAWSAccess(), guardrails(10, 30, func(int) string { return "ec2:Run*" }),
	}}}})
	r := benchRequest("dev", "optional")
	r.Context["EC2:InstanceType"] = simulate.Unknown()
	var d simulate.Decision
	if n := testing.AllocsPerRun(1000, func() { e.DecideInto(&d, r) }); n >= 1 {
		t.Errorf("%v allocations a decision", n)
	}
	if len(d.Statements) != 10 {
		t.Errorf("got %+v", d)
	}
}

// BenchmarkCompile measures what a new hierarchy costs.
func BenchmarkCompile(b *testing.B) {
	h := simulate.Hierarchy{SCP: []simulate.Level{{Policies: []iam.Policy{
		simulate.FullAWSAccess(), guardrails(10, 30, func(int) string { return "ec2:RunInstances" }),
	}}}}
	b.ReportAllocs()
	for b.Loop() {
		simulate.Compile(h)
	}
}
