package simulate_test

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// Principals and resources of the tests; account 1 is the caller's, account 2
// another.
const (
	account1 = "111122223333"
	account2 = "444455556666"
	roleARN  = "arn:aws:iam::111122223333:role/team/dev"
	sessARN  = "arn:aws:sts::111122223333:assumed-role/dev/alice"
	userARN  = "arn:aws:iam::111122223333:user/bob"
	fedARN   = "arn:aws:sts::111122223333:federated-user/carol"
	rootARN  = "arn:aws:iam::111122223333:root"
	slrARN   = "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
	queue    = "arn:aws:sqs:eu-west-1:111122223333:jobs"
	keyARN   = "arn:aws:kms:eu-west-1:111122223333:key/k-1"
	target   = "arn:aws:iam::111122223333:role/target"
)

// TestMatchingFacts states which statements cover a request: facts 19 to 23
// and 45.
func TestMatchingFacts(t *testing.T) {
	tests := []struct {
		fact      int
		page      string
		statement string
		request   simulate.Request
		want      bool
	}{
		{18, pageAction, `"Action":"EC2:runinstances","Resource":"*"`, simulate.Request{Action: "ec2:RunInstances"}, true},
		{19, pageResource, `"Action":"*","Resource":"arn:aws:s3:::b/*/c"`, simulate.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x/y/c"}, true},
		{19, pageResource, `"Action":"*","Resource":"arn:aws:logs:*:*:log-group:*"`, simulate.Request{Action: "logs:CreateLogStream", Resource: "arn:aws:logs:eu-west-1:1:log-group:a:log-stream:b"}, true},
		{19, pageResource, `"Action":"*","Resource":"arn:aws:sqs:*:jobs"`, simulate.Request{Action: "sqs:SendMessage", Resource: queue}, false},
		{19, pageResource, `"Action":"*","Resource":"arn:aws:sqs:*"`, simulate.Request{Action: "sqs:SendMessage", Resource: queue}, true},
		{19, pageResource, `"Action":"*","Resource":"arn:aws:iam::*:user/Bob"`, simulate.Request{Action: "iam:GetUser", Resource: userARN}, false},
		{19, pageResource, `"Action":"*","NotResource":["arn:aws:s3:::a","arn:aws:s3:::b"]`, simulate.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"}, false},
		{19, pageResource, `"Action":"*","NotResource":"arn:aws:s3:::a"`, simulate.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"}, true},
		{20, pageAction, `"Action":"iam:Create*Key","Resource":"*"`, simulate.Request{Action: "iam:CreateAccessKey"}, true},
		{20, pageAction, `"Action":"iam:*AccessKe?","Resource":"*"`, simulate.Request{Action: "iam:CreateAccessKey"}, true},
		{20, pageAction, `"Action":"iam:CreateAccessKey?","Resource":"*"`, simulate.Request{Action: "iam:CreateAccessKey"}, false},
		{20, pageAction, `"NotAction":["iam:*","sts:Get*"],"Resource":"*"`, simulate.Request{Action: "STS:GetSessionToken"}, false},
		{20, pageAction, `"NotAction":"iam:*","Resource":"*"`, simulate.Request{Action: "s3:GetObject"}, true},
		{
			22, pageKeys, `"Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"` + sessARN + `"}}`,
			simulate.Request{Action: "s3:GetObject", Principal: sessARN, Context: values{"aws:PrincipalArn": one(roleARN)}},
			true,
		},
		{
			22, pageKeys, `"Action":"*","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"` + roleARN + `"}}`,
			simulate.Request{Action: "s3:GetObject"},
			true,
		}, // anonymous
		{
			23, pageKeys, `"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/Break*"}}`,
			simulate.Request{Action: "s3:GetObject", Context: values{"aws:PrincipalArn": one("arn:aws:iam::1:role/team/BreakGlass")}},
			false,
		},
		{
			23, pageKeys, `"Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*Break*"}}`,
			simulate.Request{Action: "s3:GetObject", Context: values{"aws:PrincipalArn": one("arn:aws:iam::1:role/team/BreakGlass")}},
			true,
		},
		{32, pageVariables, `"Action":"*","Resource":"arn:aws:s3:::${aws:username}"`, simulate.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::bob"}, false},
		{32, silent, `"Action":"*","NotResource":"arn:aws:s3:::${aws:username}"`, simulate.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::bob"}, true},
		{
			36, pageVariables, `"Action":"*","Resource":"arn:aws:s3:::${aws:username}/*"`,
			simulate.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::bob/a", Context: values{"aws:username": one("bob")}},
			true,
		},
		{
			36, pageVariables, `"Action":"*","Resource":"arn:aws:sqs:*:${aws:PrincipalAccount}:jobs"`,
			simulate.Request{Action: "sqs:SendMessage", Resource: queue, Context: values{"aws:PrincipalAccount": one(account1)}},
			false,
		},
		{45, pageAction, `"Action":"*","Resource":"arn:*:*:*:*:*"`, simulate.Request{Action: "ec2:DescribeInstances", Resource: "*"}, false},
		{45, pageAction, `"Action":"*","Resource":["arn:aws:s3:::b","*"]`, simulate.Request{Action: "ec2:DescribeInstances"}, true},
	}
	for _, tt := range tests {
		p := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny",`+tt.statement+`}}`)
		if got, _ := simulate.Denies(p, &tt.request); got != tt.want {
			t.Errorf("fact %d (%s): %s on %s %s: got %t", tt.fact, tt.page, tt.statement, tt.request.Action, tt.request.Resource, got)
		}
	}
}

var (
	allowAll  = []iam.Policy{simulate.FullAWSAccess()}
	allowNone = []iam.Policy{}
)

// statement builds a policy of one statement on everything.
func statement(effect iam.Effect, principal *iam.Principal, actions ...string) iam.Policy {
	return iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{
		{Effect: effect, Principal: principal, Actions: actions, Resources: []string{"*"}},
	}}
}

func list(p ...iam.Policy) []iam.Policy { return p }

// grant is a resource policy that allows everything to the listed principals.
func grant(aws ...string) *iam.Policy {
	p := statement(iam.Allow, &iam.Principal{AWS: aws}, "*")
	return &p
}

func forbid(actions ...string) iam.Policy { return statement(iam.Deny, nil, actions...) }

// notPrincipal is a resource policy that denies everybody but the listed.
func notPrincipal(aws ...string) *iam.Policy {
	p := simulate.FullAWSAccess()
	p.Statements[0].Principal = &iam.Principal{Any: true}
	p.Statements = append(p.Statements, iam.Statement{
		Effect: iam.Deny, NotPrincipal: &iam.Principal{AWS: aws}, Actions: []string{"*"}, Resources: []string{"*"},
	})
	return &p
}

// TestHierarchyFacts states how the layers add up: facts 21, 24 to 31, 42, 43.
func TestHierarchyFacts(t *testing.T) {
	send := func(principal string) simulate.Request {
		return simulate.Request{Principal: principal, Action: "sqs:SendMessage", Resource: queue}
	}
	from2 := func(principal string) simulate.Request {
		return simulate.Request{Principal: principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: account2}
	}
	decrypt := simulate.Request{Principal: roleARN, Action: "kms:Decrypt", Resource: keyARN}
	assume := simulate.Request{Principal: roleARN, Action: "sts:AssumeRole", Resource: target}
	levels := func(p ...[]iam.Policy) []simulate.Level {
		var out []simulate.Level
		for i, list := range p {
			out = append(out, simulate.Level{Target: []string{"root", "ou", "account"}[i], Policies: list})
		}
		return out
	}
	everybody := statement(iam.Allow, &iam.Principal{Any: true}, "*")
	service := statement(iam.Allow, &iam.Principal{Service: []string{"s3.amazonaws.com"}}, "*")
	web := statement(iam.Allow, &iam.Principal{Federated: []string{"accounts.google.com"}}, "sts:AssumeRoleWithWebIdentity")
	rcp := statement(iam.Deny, &iam.Principal{Any: true}, "s3:*")
	const (
		ok       = simulate.Allowed
		explicit = simulate.ExplicitlyDenied
		implicit = simulate.ImplicitlyDenied
	)
	type hierarchy = simulate.Hierarchy
	tests := []struct {
		fact  int
		page  string
		name  string
		h     hierarchy
		r     simulate.Request
		want  simulate.Effect
		layer simulate.Layer
	}{
		{21, pagePrincipal, "a wildcard in a principal's ARN", hierarchy{Identity: allowNone, Resource: grant("arn:aws:iam::111122223333:role/*")}, send(roleARN), implicit, "identity"},
		{21, pagePrincipal, "AWS: *", hierarchy{Identity: allowNone, Resource: grant("*")}, send(""), ok, "resource"},
		{24, pageBoundaries, "a user's ARN in the resource policy", hierarchy{Identity: allowNone, Boundary: allowNone, Resource: grant(userARN)}, send(userARN), ok, "resource"},
		{24, pageBoundaries, "a session's ARN", hierarchy{Identity: allowNone, Boundary: allowNone, Session: allowNone, Resource: grant(sessARN)}, send(sessARN), ok, "resource"},
		{24, pageBoundaries, "a role's ARN, no boundary", hierarchy{Identity: allowNone, Resource: grant(roleARN)}, send(roleARN), ok, "resource"},
		{24, pageBoundaries, "a role's ARN within a boundary", hierarchy{Identity: allowNone, Boundary: allowNone, Resource: grant(roleARN)}, send(roleARN), implicit, "identity"},
		{24, pageBoundaries, "a role's ARN within a session policy", hierarchy{Identity: allowAll, Session: allowNone, Resource: grant(roleARN)}, send(sessARN), implicit, "session"},
		{
			24, pageBoundaries, "another role of that name and path",
			hierarchy{Identity: allowNone, Resource: grant(roleARN)},
			simulate.Request{Principal: sessARN, Action: "sqs:SendMessage", Resource: queue, Context: values{"aws:PrincipalArn": one("arn:aws:iam::111122223333:role/other/dev")}},
			implicit, "identity",
		},
		{25, pagePrincipal, "the account delegates", hierarchy{Identity: allowNone, Resource: grant(rootARN)}, send(userARN), implicit, "identity"},
		{25, pagePrincipal, "twelve digits delegate", hierarchy{Identity: allowNone, Resource: grant(account1)}, send(userARN), implicit, "identity"},
		{25, pagePrincipal, "the account's root user itself", hierarchy{Resource: grant(rootARN)}, send(rootARN), ok, "identity"},
		{25, pagePrincipal, "everybody", hierarchy{Identity: allowNone, Resource: &everybody}, send(userARN), ok, "resource"},
		{25, silent, "everybody, despite a boundary", hierarchy{Identity: allowNone, Boundary: allowNone, Resource: &everybody}, send(roleARN), ok, "resource"},
		{26, pageEvaluation, "across accounts, both allow", hierarchy{Identity: allowAll, Resource: grant(account1)}, from2(roleARN), ok, "resource"},
		{26, pageEvaluation, "across accounts, the resource does not", hierarchy{Identity: allowAll, Resource: grant(account2)}, from2(roleARN), implicit, "resource"},
		{26, pageEvaluation, "across accounts, no resource policy", hierarchy{Identity: allowAll}, from2(roleARN), implicit, "resource"},
		{26, pageEvaluation, "across accounts, the caller's side does not", hierarchy{Identity: allowNone, Resource: grant(sessARN)}, from2(sessARN), implicit, "identity"},
		{26, pageEvaluation, "across accounts, the boundary does not", hierarchy{Identity: allowAll, Boundary: allowNone, Resource: grant(roleARN)}, from2(roleARN), implicit, "boundary"},
		{26, pageEvaluation, "a key policy that trusts nobody", hierarchy{Identity: allowAll, Resource: grant(userARN)}, decrypt, implicit, "resource"},
		{26, pageEvaluation, "a key policy that trusts the account", hierarchy{Identity: allowAll, Resource: grant(rootARN)}, decrypt, ok, "identity"},
		{26, pageEvaluation, "a key policy that trusts the account, no identity policy", hierarchy{Identity: allowNone, Resource: grant(rootARN)}, decrypt, implicit, "identity"},
		{26, pageEvaluation, "a key policy that names the role", hierarchy{Identity: allowNone, Resource: grant(roleARN)}, decrypt, ok, "resource"},
		{26, silent, "a key policy that is not given", hierarchy{Identity: allowAll}, decrypt, ok, "identity"},
		{26, pageEvaluation, "a trust policy that trusts another", hierarchy{Identity: allowAll, Resource: grant(userARN)}, assume, implicit, "resource"},
		{26, pageEvaluation, "a trust policy that names the role", hierarchy{Identity: allowNone, Resource: grant(roleARN)}, assume, ok, "resource"},
		{26, pageEvaluation, "web identity", hierarchy{Resource: &web}, simulate.Request{Principal: "accounts.google.com", Action: "sts:AssumeRoleWithWebIdentity", Resource: target}, ok, "resource"},
		{27, pagePolicies, "a session's ARN adds to the session policy", hierarchy{Identity: allowAll, Session: allowNone, Resource: grant(sessARN)}, send(sessARN), ok, "resource"},
		{27, pagePolicies, "a role's ARN stays within it", hierarchy{Identity: allowNone, Session: allowNone, Resource: grant(roleARN)}, send(sessARN), implicit, "identity"},
		{28, pageBoundaries, "GetFederationToken without session policy", hierarchy{Identity: allowAll}, send(fedARN), implicit, "session"},
		{28, pageBoundaries, "GetFederationToken with one", hierarchy{Identity: allowAll, Session: allowAll}, send(fedARN), ok, "identity"},
		{28, pageBoundaries, "GetFederationToken, the federated user's ARN", hierarchy{Identity: allowAll, Resource: grant(fedARN)}, send(fedARN), ok, "resource"},
		{29, pageNot, "NotPrincipal lists the role alone", hierarchy{Resource: notPrincipal(roleARN)}, send(roleARN), explicit, "resource"},
		{29, pageNot, "NotPrincipal lists role and account", hierarchy{Resource: notPrincipal(roleARN, rootARN)}, send(roleARN), ok, "identity"},
		{29, pageNot, "NotPrincipal lists role and account, not the session", hierarchy{Resource: notPrincipal(roleARN, rootARN)}, send(sessARN), explicit, "resource"},
		{29, pageNot, "NotPrincipal lists all three", hierarchy{Resource: notPrincipal(roleARN, rootARN, sessARN)}, send(sessARN), ok, "identity"},
		{29, pageNot, "NotPrincipal lists the user alone", hierarchy{Resource: notPrincipal(userARN)}, send(userARN), explicit, "resource"},
		{29, pageNot, "NotPrincipal lists user and account", hierarchy{Resource: notPrincipal(userARN, account1)}, send(userARN), ok, "identity"},
		{29, pageNot, "NotPrincipal with a boundary", hierarchy{Boundary: allowAll, Resource: notPrincipal(userARN, account1)}, send(userARN), explicit, "resource"},
		{29, pageNot, "NotPrincipal lists the root user", hierarchy{Resource: notPrincipal(account1)}, send(rootARN), ok, "identity"},
		{29, pageNot, "NotPrincipal lists nobody like the caller", hierarchy{Resource: notPrincipal(userARN)}, send(""), explicit, "resource"},
		{29, pageNot, "NotPrincipal AWS: *", hierarchy{Resource: notPrincipal("*")}, send(""), ok, "resource"},
		{30, pageSCP, "every level allows", hierarchy{SCP: levels(allowAll, allowAll, allowAll)}, send(roleARN), ok, "identity"},
		{30, pageSCP, "one level does not", hierarchy{SCP: levels(allowAll, allowNone, allowAll)}, send(roleARN), implicit, "scp"},
		{30, pageSCP, "one level denies", hierarchy{SCP: levels(allowAll, list(allowAll[0], forbid("sqs:*")))}, send(roleARN), explicit, "scp"},
		{30, pageSCP, "a user of the member account's root", hierarchy{SCP: levels(list(forbid("*")))}, send(rootARN), explicit, "scp"},
		{30, pageSCP, "the management account", hierarchy{ManagementAccount: account1, SCP: levels(list(forbid("*")))}, send(roleARN), ok, "identity"},
		{30, pageSCP, "a service-linked role", hierarchy{SCP: levels(list(forbid("*")))}, send(slrARN), ok, "identity"},
		{30, pageSCP, "a service principal", hierarchy{SCP: levels(list(forbid("*"))), Resource: &service}, send("s3.amazonaws.com"), ok, "resource"},
		{30, pageSCP, "another service principal", hierarchy{Resource: &service}, send("sns.amazonaws.com"), implicit, "resource"},
		{30, pageSCP, "the caller's account counts, not the resource's", hierarchy{SCP: levels(list(forbid("*"))), Resource: grant(account1)}, from2(roleARN), explicit, "scp"},
		{30, pageSCP, "anonymous callers have none", hierarchy{SCP: levels(list(forbid("*"))), Resource: &everybody}, from2(""), ok, "resource"},
		{31, pageRCP, "binds the account's own", hierarchy{RCP: levels(list(rcp))}, simulate.Request{Principal: roleARN, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}, explicit, "rcp"},
		{31, pageRCP, "binds strangers", hierarchy{RCP: levels(list(rcp)), Identity: allowAll, Resource: grant(account1)}, from2(roleARN), explicit, "rcp"},
		{31, pageRCP, "binds anonymous callers", hierarchy{RCP: levels(list(rcp)), Resource: &everybody}, from2(""), explicit, "rcp"},
		{31, pageRCP, "RCPFullAWSAccess cannot be detached", hierarchy{RCP: levels(nil, list(rcp))}, send(roleARN), ok, "identity"},
		{31, pageRCP, "the management account", hierarchy{ManagementAccount: account2, RCP: levels(list(rcp)), Resource: &everybody}, from2(""), ok, "resource"},
		{31, pageRCP, "only services that support them", hierarchy{RCPServices: []string{"SQS"}, RCP: levels(list(rcp)), Resource: &everybody}, from2(""), ok, "resource"},
		{31, pageRCP, "services that do", hierarchy{RCPServices: []string{"S3"}, RCP: levels(list(rcp)), Resource: &everybody}, from2(""), explicit, "rcp"},
		{31, pageRCP, "kms:RetireGrant", hierarchy{RCP: levels(list(forbid("kms:*")))}, simulate.Request{Principal: roleARN, Action: "kms:RetireGrant", Resource: keyARN}, ok, "identity"},
		{31, silent, "service-linked roles", hierarchy{RCP: levels(list(forbid("*")))}, send(slrARN), ok, "identity"},
		{42, pageEvaluation, "a deny stops a session's own grant", hierarchy{Identity: list(forbid("*")), Resource: grant(sessARN)}, send(sessARN), explicit, "identity"},
		{42, pageEvaluation, "a deny in the boundary", hierarchy{Boundary: list(allowAll[0], forbid("sqs:Send*")), Resource: grant(userARN)}, send(userARN), explicit, "boundary"},
		{42, pageEvaluation, "a deny in the resource policy, by account", hierarchy{Resource: func() *iam.Policy {
			p := statement(iam.Deny, &iam.Principal{AWS: []string{account1}}, "*")
			return &p
		}()}, send(userARN), explicit, "resource"},
		{42, pageEvaluation, "the endpoint does not allow", hierarchy{Endpoint: list(statement(iam.Allow, &iam.Principal{Any: true}, "s3:*"))}, send(userARN), implicit, "endpoint"},
		{42, pageEvaluation, "the endpoint denies", hierarchy{Endpoint: list(everybody, forbid("sqs:*"))}, send(userARN), explicit, "endpoint"},
		{43, pageEvaluation, "sts:GetCallerIdentity", hierarchy{SCP: levels(list(forbid("*"))), Identity: allowNone}, simulate.Request{Principal: userARN, Action: "STS:GetCallerIdentity"}, ok, ""},
	}
	for _, tt := range tests {
		e := simulate.Compile(tt.h)
		d := e.Decide(&tt.r)
		if d.Effect != tt.want || d.Layer != tt.layer {
			t.Errorf("fact %d (%s), %s: got %s at %q, want %s at %q", tt.fact, tt.page, tt.name, d.Effect, d.Layer, tt.want, tt.layer)
		}
		if d.Effect == explicit && len(d.Statements) == 0 {
			t.Errorf("fact %d, %s: no statement is named", tt.fact, tt.name)
		}
		if x := e.Explain(&tt.r).Decision; x.Effect != d.Effect || x.Layer != d.Layer {
			t.Errorf("fact %d, %s: explained as %s at %q", tt.fact, tt.name, x.Effect, x.Layer)
		}
	}
}

// TestNotResourceVariable states the safe side of fact 32: a NotResource whose
// variable has no value does not let an Allow apply.
func TestNotResourceVariable(t *testing.T) {
	p := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::${aws:username}"}}`)
	e := simulate.Compile(simulate.Hierarchy{Identity: list(p)})
	r := simulate.Request{Principal: userARN, Action: "s3:ListBucket", Resource: "arn:aws:s3:::alice"}
	if d := e.Decide(&r); d.Effect != simulate.ImplicitlyDenied {
		t.Errorf("without a value: got %s", d.Effect)
	}
	r.Context = values{"aws:username": one("bob")}
	if d := e.Decide(&r); d.Effect != simulate.Allowed {
		t.Errorf("with a value: got %s", d.Effect)
	}
}
