package collect

import (
	"encoding/base64"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestManagedPolicies: the name is behind the path, the document is that of the
// version in force, and one that was not told is unknown, not empty.
func TestManagedPolicies(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("iam:GetAccountAuthorizationDetails", tftest.Answer{Body: `<R><GetAccountAuthorizationDetailsResult><Policies>
		<member><Arn>arn:aws:iam::111111111111:policy/teams/a/deploy</Arn><Path>/teams/a/</Path><PolicyVersionList>
			<member><Document>%7B%22Statement%22%3A%5B%5D%7D</Document><IsDefaultVersion>true</IsDefaultVersion></member>
			<member><Document>%7B%22Statement%22%3A%5B1%5D%7D</Document><IsDefaultVersion>false</IsDefaultVersion></member>
		</PolicyVersionList></member>
		<member><Arn>arn:aws:iam::111111111111:policy/odd</Arn><Path>/</Path><PolicyVersionList>
			<member><Document>%7B%7D</Document><IsDefaultVersion>false</IsDefaultVersion></member>
		</PolicyVersionList></member>
	</Policies></GetAccountAuthorizationDetailsResult></R>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_iam_policy")["aws_iam_policy"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	odd, deploy := got.Resources[0], got.Resources[1]
	if deploy.Values["name"] != "deploy" || deploy.Values["policy"] != `{"Statement":[]}` {
		t.Errorf("%v", deploy.Values)
	}
	if odd.Values["name"] != "odd" || odd.Values["policy"] != nil || !resource.Marked(odd.Unknown, resource.Path{"policy"}) {
		t.Errorf("%v, unknown are %v", odd.Values, odd.Unknown)
	}
}

// TestCredentialReportColumns: a report that lacks a column says nothing of it,
// and one that is cut says nothing at all.
func TestCredentialReportColumns(t *testing.T) {
	const typ = "parapet_iam_credential_report"
	collect := func(report string) aws.Outcome {
		fake := tftest.FakeAWS(t)
		fake.Always("iam:GenerateCredentialReport", tftest.Answer{Body: `<R><GenerateCredentialReportResult><State>COMPLETE</State></GenerateCredentialReportResult></R>`})
		fake.Always("iam:GetCredentialReport", tftest.Answer{
			Body: `<R><GetCredentialReportResult><Content>` + base64.StdEncoding.EncodeToString([]byte(report)) + `</Content></GetCredentialReportResult></R>`,
		})
		return collectFrom(t, mock(t, fake.URL), "us-east-1", typ)[typ]
	}
	got := collect("user,arn,mfa_active,cert_1_active\nci,arn:aws:iam::111111111111:user/ci,true,N/A\n")
	if got.Status != aws.Complete || len(got.Resources) != 1 {
		t.Fatalf("%+v", got)
	}
	r := got.Resources[0]
	same(t, r.Values, `{"id": "ci", "arn": "arn:aws:iam::111111111111:user/ci", "user": "ci", "mfa_active": true}`)
	for name, unknown := range map[string]bool{"cert_1_active": false, "cert_2_active": true, "mfa_active": false, "password_enabled": true} {
		if resource.Marked(r.Unknown, resource.Path{name}) != unknown {
			t.Errorf("%s is unknown: %v", name, !unknown)
		}
	}
	for _, report := range []string{"", "user,arn,mfa_active\nci,arn\n", "arn,mfa_active\narn:a,true\n"} {
		if got := collect(report); got.Status != aws.Failed || len(got.Resources) != 0 {
			t.Errorf("%q: %+v", report, got)
		}
	}
}
