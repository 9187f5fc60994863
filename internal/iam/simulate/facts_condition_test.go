package simulate_test

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// The pages of the IAM User Guide that the facts come from, each at
// docs.aws.amazon.com/IAM/latest/UserGuide/<page>.html. "silent" marks what no
// page says: the package documentation tells why it is so here.
const (
	pageOperators  = "reference_policies_elements_condition_operators"
	pageMultivalue = "reference_policies_multi-value-conditions"
	pageVariables  = "reference_policies_variables"
	pageEvaluation = "reference_policies_evaluation-logic"
	pageBoundaries = "access_policies_boundaries"
	pagePrincipal  = "reference_policies_elements_principal"
	pageNot        = "reference_policies_elements_notprincipal"
	pageAction     = "reference_policies_elements_action"
	pageResource   = "reference_policies_elements_resource"
	pageKeys       = "reference_policies_condition-keys"
	pagePolicies   = "access_policies"
	pageSCP        = "organizations/orgs_manage_policies_scps"
	pageRCP        = "organizations/orgs_manage_policies_rcps"
	silent         = "silent"
)

// parse reads a policy of a test.
func parse(t testing.TB, src string) iam.Policy {
	t.Helper()
	p, ds := iam.Parse([]byte(src), t.Name(), iam.ProfileAny)
	if p == nil {
		t.Fatal(ds)
	}
	return *p
}

type values = map[string]simulate.Value

var (
	one     = simulate.Single
	many    = simulate.Set
	unknown = simulate.Unknown
)

// TestConditionFacts states when a Condition element holds: facts 1 to 18 and
// 32 to 41.
func TestConditionFacts(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/dev"
	tests := []struct {
		fact            int
		page, condition string
		context         values
		want            bool
	}{
		{1, pageOperators, `{"StringEquals":{"k":"a"}}`, nil, false},
		{1, pageOperators, `{"StringLike":{"k":"*"}}`, nil, false},
		{1, pageOperators, `{"NumericLessThan":{"k":"9"}}`, nil, false},
		{1, pageOperators, `{"IpAddress":{"k":"0.0.0.0/0"}}`, nil, false},
		{2, pageOperators, `{"StringNotEquals":{"k":"a"}}`, nil, true},
		{2, pageOperators, `{"StringNotLike":{"k":"a"}}`, nil, true},
		{2, pageOperators, `{"StringNotEqualsIgnoreCase":{"k":"a"}}`, nil, true},
		{2, pageOperators, `{"ArnNotEquals":{"k":"` + role + `"}}`, nil, true},
		{2, pageOperators, `{"ArnNotLike":{"k":"` + role + `"}}`, nil, true},
		{2, pageOperators, `{"NotIpAddress":{"k":"10.0.0.0/8"}}`, nil, true},
		{2, pageOperators, `{"NumericNotEquals":{"k":"1"}}`, nil, true},
		{2, pageOperators, `{"DateNotEquals":{"k":"2026-01-01"}}`, nil, true},
		{3, pageOperators, `{"StringEqualsIfExists":{"k":"a"}}`, nil, true},
		{3, pageOperators, `{"StringNotEqualsIfExists":{"k":"a"}}`, nil, true},
		{3, pageOperators, `{"BoolIfExists":{"k":"true"}}`, nil, true},
		{3, pageOperators, `{"StringEqualsIfExists":{"k":"a"}}`, values{"k": one("b")}, false},
		{5, pageOperators, `{"Null":{"k":"true"}}`, nil, true},
		{5, pageOperators, `{"Null":{"k":"true"}}`, values{"k": one("a")}, false},
		{5, pageOperators, `{"Null":{"k":"false"}}`, values{"k": one("a")}, true},
		{5, pageOperators, `{"Null":{"k":false}}`, nil, false},
		{5, pageOperators, `{"Null":{"k":["true","false"]}}`, nil, true},
		{5, silent, `{"Null":{"k":"maybe"}}`, nil, false},
		{5, silent, `{"Null":{"k":"false"}}`, values{"k": one("")}, true},
		{5, silent, `{"Null":{"k":"false"}}`, values{"k": many()}, true},
		{5, pageMultivalue, `{"ForAllValues:StringEquals":{"k":"a"}}`, values{"k": one("")}, true},
		{5, pageMultivalue, `{"ForAnyValue:StringNotEquals":{"k":"a"}}`, values{"k": many("")}, false},
		{6, pageMultivalue, `{"ForAllValues:StringEquals":{"k":"a"}}`, nil, true},
		{6, pageMultivalue, `{"ForAllValues:StringEquals":{"k":"a"}}`, values{"k": many()}, true},
		{6, pageMultivalue, `{"ForAllValues:StringEquals":{"k":["a","b"]}}`, values{"k": many("b", "a")}, true},
		{6, pageMultivalue, `{"ForAllValues:StringEquals":{"k":["a","b"]}}`, values{"k": many("a", "c")}, false},
		{6, pageMultivalue, `{"ForAllValues:StringNotLike":{"k":"o-1/*"}}`, values{"k": many("o-2/x", "o-1/y")}, false},
		{7, pageMultivalue, `{"ForAnyValue:StringEquals":{"k":"a"}}`, nil, false},
		{7, pageMultivalue, `{"ForAnyValue:StringEquals":{"k":"a"}}`, values{"k": many()}, false},
		{7, pageMultivalue, `{"ForAnyValue:StringNotEquals":{"k":"a"}}`, nil, false},
		{7, pageMultivalue, `{"ForAnyValue:StringEquals":{"k":"a"}}`, values{"k": many("b", "a")}, true},
		{7, pageMultivalue, `{"ForAnyValue:StringEquals":{"k":"a"}}`, values{"k": one("a")}, true},
		{8, pageMultivalue, `{"ForAnyValue:StringNotEquals":{"k":["a","b"]}}`, values{"k": many("a", "c")}, true},
		{8, pageMultivalue, `{"ForAnyValue:StringNotEquals":{"k":["a","b"]}}`, values{"k": many("a", "b")}, false},
		{9, silent, `{"ForAllValues:StringEqualsIfExists":{"k":"a"}}`, nil, true},
		{9, silent, `{"ForAllValues:StringEqualsIfExists":{"k":"a"}}`, values{"k": many("b")}, false},
		{9, silent, `{"ForAnyValue:StringEqualsIfExists":{"k":"a"}}`, nil, false},
		{10, pageOperators, `{"StringEquals":{"k":["a","b"]}}`, values{"k": one("b")}, true},
		{10, pageOperators, `{"StringNotEquals":{"k":["a","b"]}}`, values{"k": one("b")}, false},
		{10, pageOperators, `{"StringNotEquals":{"k":["a","b"]}}`, values{"k": one("c")}, true},
		{10, silent, `{"StringEquals":{"k":[]}}`, values{"k": one("c")}, false},
		{10, silent, `{"StringNotEquals":{"k":[]}}`, values{"k": one("c")}, true},
		{11, pageOperators, `{"StringEquals":{"k":"a","l":"b"}}`, values{"k": one("a"), "l": one("b")}, true},
		{11, pageOperators, `{"StringEquals":{"k":"a","l":"b"}}`, values{"k": one("a")}, false},
		{11, pageOperators, `{"StringEquals":{"k":"a"},"Bool":{"l":"true"}}`, values{"k": one("a"), "l": one("false")}, false},
		{12, pageMultivalue, `{"ForAllValues:StringEquals":{"k":["a","b"]},"ForAnyValue:StringEquals":{"k":"a"}}`, values{"k": many("b")}, false},
		{12, pageMultivalue, `{"StringNotEquals":{"k":"a"},"StringNotEqualsIfExists":{"k":"b"}}`, values{"k": one("b")}, false},
		{13, pageOperators, `{}`, nil, true},
		{13, pageOperators, `{"StringEquals":{}}`, nil, true},
		{14, silent, `{"StringEquals":{"k":"a"}}`, values{"k": many("a", "b")}, false},
		{14, silent, `{"StringEquals":{"k":"a"}}`, values{"k": many("a")}, false},
		{14, silent, `{"StringNotEquals":{"k":"z"}}`, values{"k": many("a", "b")}, false},
		{15, pageOperators, `{"StringEquals":{"k":"a*"}}`, values{"k": one("ab")}, false},
		{15, pageOperators, `{"StringEquals":{"k":"a*"}}`, values{"k": one("a*")}, true},
		{15, pageOperators, `{"ArnEquals":{"k":"arn:aws:iam::*:role/dev"}}`, values{"k": one(role)}, true},
		{15, pageOperators, `{"ArnNotEquals":{"k":"arn:aws:iam::*:role/d?v"}}`, values{"k": one(role)}, false},
		{16, pageOperators, `{"ArnLike":{"k":"arn:aws:sns:*:t"}}`, values{"k": one("arn:aws:sns:eu-west-1:111122223333:t")}, false},
		{16, pageOperators, `{"ArnLike":{"k":"arn:aws:sns:*:*:t"}}`, values{"k": one("arn:aws:sns:eu-west-1:111122223333:t")}, true},
		{16, pageOperators, `{"ArnLike":{"k":"arn:aws:logs:*:*:log-group:*"}}`, values{"k": one("arn:aws:logs:eu-west-1:1:log-group:a:b")}, true},
		{16, pageOperators, `{"StringLike":{"k":"arn:aws:sns:*:t"}}`, values{"k": one("arn:aws:sns:eu-west-1:111122223333:t")}, true},
		{17, silent, `{"ArnLike":{"k":"*"}}`, values{"k": one(role)}, false},
		{17, silent, `{"ArnNotLike":{"k":"*"}}`, values{"k": one(role)}, true},
		{17, silent, `{"ArnLike":{"k":"arn:*:*:*:*:*"}}`, values{"k": one("dev")}, false},
		{18, pageVariables, `{"StringEquals":{"k":"A"}}`, values{"k": one("a")}, false},
		{18, pageVariables, `{"ArnEquals":{"k":"arn:aws:iam::111122223333:role/Dev"}}`, values{"k": one(role)}, false},
		{18, pageVariables, `{"StringEquals":{"AWS:PrincipalTag/team":"a"}}`, values{"aws:principaltag/Team": one("a")}, true},
		{18, silent, `{"Bool":{"k":"TRUE"}}`, values{"k": one("True")}, true},
		{18, pageOperators, `{"StringEqualsIgnoreCase":{"k":["x","REQUIRED"]}}`, values{"k": one("required")}, true},
		{32, pageVariables, `{"StringEquals":{"k":"${aws:username}"}}`, values{"k": one("bob")}, false},
		{32, pageVariables, `{"StringNotEquals":{"k":"${aws:username}"}}`, values{"k": one("bob")}, true},
		{32, pageVariables, `{"StringEquals":{"k":"${aws:username}"}}`, values{"k": one("bob"), "aws:username": one("bob")}, true},
		{32, pageVariables, `{"StringLike":{"k":"home/${aws:username}/*"}}`, values{"k": one("home/bob/a"), "AWS:UserName": one("bob")}, true},
		{32, pageVariables, `{"StringNotLike":{"k":"home/${aws:username}/*"}}`, values{"k": one("home/eve/a"), "aws:username": one("bob")}, true},
		{34, pageVariables, `{"StringEquals":{"k":"${aws:PrincipalTag/t, 'none'}"}}`, values{"k": one("none")}, true},
		{34, pageVariables, `{"StringEquals":{"k":"${aws:PrincipalTag/t, 'none'}"}}`, values{"k": one("none"), "aws:PrincipalTag/t": one("x")}, false},
		{35, pageVariables, `{"StringLike":{"k":"a${*}${?}${$}*"}}`, values{"k": one("a*?$b")}, true},
		{35, pageVariables, `{"StringLike":{"k":"a${*}"}}`, values{"k": one("ab")}, false},
		{36, pageVariables, `{"NumericEquals":{"k":"${aws:username}"}}`, values{"k": one("1"), "aws:username": one("1")}, false},
		{36, pageVariables, `{"DateEquals":{"k":"${aws:CurrentTime}"}}`, values{"k": one("2026-01-01"), "aws:CurrentTime": one("2026-01-01")}, false},
		{36, pageVariables, `{"Bool":{"k":"${aws:SecureTransport}"}}`, values{"k": one("true"), "aws:SecureTransport": one("TRUE")}, true},
		{36, pageVariables, `{"ArnLike":{"k":"arn:aws:iam::${aws:PrincipalAccount}:role/*"}}`, values{"k": one(role), "aws:PrincipalAccount": one("111122223333")}, true},
		{36, silent, `{"StringLike":{"k":"${aws:username}"}}`, values{"k": one("bob"), "aws:username": one("b*")}, false},
		{36, pageVariables, `{"StringEquals":{"k":"${aws:TagKeys}"}}`, values{"k": one("a"), "aws:TagKeys": many("a")}, false},
		{36, pageVariables, `{"StringEquals":{"k":"${aws:TagKeys, 'a'}"}}`, values{"k": one("a"), "aws:TagKeys": many("b")}, true},
		{37, pageOperators, `{"DateLessThan":{"k":"2027-03-31T00:00:00Z"}}`, values{"k": one("2027-03-30T23:59:59Z")}, true},
		{37, pageOperators, `{"DateLessThan":{"k":"2027-03-31T00:00:00Z"}}`, values{"k": one("1806451200")}, false},
		{37, pageOperators, `{"DateGreaterThanEquals":{"k":"2027-03-31"}}`, values{"k": one("2027-03-31T02:00:00+02:00")}, true},
		{37, pageOperators, `{"DateGreaterThan":{"k":"2027-03-31"}}`, values{"k": one("2027-03-31T00:00Z")}, false},
		{37, pageOperators, `{"DateLessThanEquals":{"k":"2027-04"}}`, values{"k": one("2027")}, true},
		{37, pageOperators, `{"DateEquals":{"k":"soon"}}`, values{"k": one("soon")}, false},
		{37, pageOperators, `{"NumericGreaterThan":{"k":"3600"}}`, values{"k": one("3600")}, false},
		{37, pageOperators, `{"NumericGreaterThanEquals":{"k":3600}}`, values{"k": one("3600.0")}, true},
		{37, pageOperators, `{"NumericLessThanEquals":{"k":"10"}}`, values{"k": one("9")}, true},
		{37, silent, `{"NumericNotEquals":{"k":"10"}}`, values{"k": one("many")}, true},
		{38, pageOperators, `{"IpAddress":{"k":"203.0.113.7"}}`, values{"k": one("203.0.113.7")}, true},
		{38, pageOperators, `{"IpAddress":{"k":"203.0.113.7"}}`, values{"k": one("203.0.113.8")}, false},
		{38, pageOperators, `{"IpAddress":{"k":"203.0.113.7/24"}}`, values{"k": one("203.0.113.200")}, true},
		{38, pageOperators, `{"IpAddress":{"k":"2001:db8::1"}}`, values{"k": one("2001:DB8:0::1")}, true},
		{38, pageOperators, `{"IpAddress":{"k":"::/0"}}`, values{"k": one("203.0.113.7")}, false},
		{38, pageOperators, `{"NotIpAddress":{"k":"2001:db8::/32"}}`, values{"k": one("203.0.113.7")}, true},
		{38, silent, `{"IpAddress":{"k":["0.0.0.0/0","nonsense"]}}`, values{"k": one("nonsense")}, false},
		{39, pageOperators, `{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`, values{"aws:SourceVpce": one("vpce-1")}, true},
		{39, pageKeys, `{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"},"Bool":{"aws:ViaAWSService":"false"}}`, values{"aws:ViaAWSService": one("true")}, false},
		{40, pageKeys, `{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, nil, false},
		{40, pageKeys, `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, nil, true},
		{40, silent, `{"Bool":{"k":"yes"}}`, values{"k": one("yes")}, false},
		{41, pageOperators, `{"BinaryEquals":{"k":"QmluYXJ5"}}`, values{"k": one("QmluYXJ5")}, true},
		{41, pageOperators, `{"BinaryEquals":{"k":["!","QmluYXJ5"]}}`, values{"k": one("qmluYXJ5")}, false},
		{41, silent, `{"BinaryEquals":{"k":"!"}}`, values{"k": one("!")}, false},
	}
	for _, tt := range tests {
		p := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":`+tt.condition+`}}`)
		got, depends := simulate.Denies(p, &simulate.Request{Action: "s3:GetObject", Context: tt.context})
		if got != tt.want || depends != nil {
			t.Errorf("fact %d (%s): %s with %v: got %t %v, want %t", tt.fact, tt.page, tt.condition, tt.context, got, depends, tt.want)
		}
	}
}

// TestLanguageFacts states what the parser refuses: facts 4 and 44.
func TestLanguageFacts(t *testing.T) {
	for _, tt := range []struct {
		fact      int
		page, src string
		code      string
	}{
		{4, pageOperators, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NullIfExists":{"k":"true"}}}}`, "iam-operator"},
		{44, silent, `{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}`, "iam-duplicate-key"},
		{44, silent, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"a","K":"b"}}}}`, "iam-duplicate-key"},
	} {
		p, ds := iam.Parse([]byte(tt.src), "", iam.ProfileAny)
		if p != nil || len(ds) != 1 || ds[0].Code != tt.code {
			t.Errorf("fact %d (%s): %s: got %v, want %s", tt.fact, tt.page, tt.src, ds, tt.code)
		}
	}
}

// TestOldVersion states fact 33: without Version 2012-10-17 a variable is
// plain text.
func TestOldVersion(t *testing.T) {
	for version, want := range map[string]bool{"2012-10-17": false, "2008-10-17": true, "": true} {
		p := parse(t, `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"${aws:username}"}}}}`)
		p.Version = version
		got, _ := simulate.Denies(p, &simulate.Request{Action: "s3:GetObject", Context: values{"k": one("${aws:username}"), "aws:username": one("bob")}})
		if got != want {
			t.Errorf("fact 33 (%s): Version %q: got %t, want %t", pageVariables, version, got, want)
		}
	}
}
