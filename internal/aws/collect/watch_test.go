package collect

import (
	"encoding/base64"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// What the mock, or the provider speaking to it, cannot hold is answered here as
// AWS documents its answers.

// TestCloudTrail: the mock starts logging by name only, and the provider by ARN.
func TestCloudTrail(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("cloudtrail:DescribeTrails", tftest.Answer{Body: `{"trailList": [{
		"Name": "all", "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/all", "HomeRegion": "us-east-1", "S3BucketName": "logs",
		"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true, "LogFileValidationEnabled": true, "IsOrganizationTrail": false,
		"KmsKeyId": "arn:aws:kms:us-east-1:111111111111:key/1"}]}`})
	fake.Always("cloudtrail:GetTrailStatus", tftest.Answer{Body: `{"IsLogging": true}`})
	fake.Always("cloudtrail:ListTags", tftest.Answer{Body: `{"ResourceTagList": [{"TagsList": [{"Key": "Owner", "Value": "me"}]}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_cloudtrail")["aws_cloudtrail"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != 0 {
		t.Fatalf("%+v", got)
	}
	r := got.Resources[0]
	for name, want := range map[string]any{
		"name": "all", "enable_logging": true, "is_multi_region_trail": true, "enable_log_file_validation": true,
		"s3_bucket_name": "logs", "kms_key_id": "arn:aws:kms:us-east-1:111111111111:key/1", "home_region": "us-east-1",
	} {
		if r.Values[name] != want {
			t.Errorf("%s is %v, want %v", name, r.Values[name], want)
		}
	}
	if tags, _ := r.Values["tags"].(map[string]any); tags["Owner"] != "me" {
		t.Errorf("tags are %v", r.Values["tags"])
	}

	// A trail of which it is not known whether it logs is no trail that does not.
	fake.Always("cloudtrail:GetTrailStatus", tftest.Answer{Status: 400, Body: `{"__type": "AccessDeniedException", "message": "User is not authorized to perform: cloudtrail:GetTrailStatus"}`})
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_cloudtrail")["aws_cloudtrail"]
	if len(got.Resources) != 1 || len(got.Gaps) != 1 || got.Gaps[0].Status != aws.DeniedByIAM {
		t.Fatalf("%+v", got)
	}
	if _, known := got.Resources[0].Values["enable_logging"]; known {
		t.Error("enable_logging is known")
	}
}

// TestSecurityHub: the mock has not every call that the provider makes.
func TestSecurityHub(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("securityhub:GET /accounts", tftest.Answer{Body: `{"HubArn": "arn:aws:securityhub:us-east-1:111111111111:hub/default",
		"AutoEnableControls": true, "ControlFindingGenerator": "SECURITY_CONTROL"}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_securityhub_account")["aws_securityhub_account"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || got.Resources[0].Values["auto_enable_controls"] != true {
		t.Fatalf("%+v", got)
	}
	// Not subscribed is an answer; denied is none.
	fake.Always("securityhub:GET /accounts", tftest.Answer{Status: 401, Body: `{"__type": "InvalidAccessException", "Message": "Account is not subscribed to AWS Security Hub"}`})
	if got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_securityhub_account")["aws_securityhub_account"]; got.Status != aws.Complete || len(got.Resources) != 0 {
		t.Errorf("%+v", got)
	}
	fake.Always("securityhub:GET /accounts", tftest.Answer{Status: 403, Body: `{"__type": "AccessDeniedException", "Message": "User is not authorized"}`})
	if got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_securityhub_account")["aws_securityhub_account"]; got.Status != aws.DeniedByIAM {
		t.Errorf("%+v", got)
	}
}

// TestAccessAnalyzer: the mock has nothing of it.
func TestAccessAnalyzer(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("access-analyzer:GET /analyzer", tftest.Answer{Body: `{"analyzers": [{"arn": "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/a",
		"name": "a", "type": "ACCOUNT", "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z", "tags": {"Owner": "me"}}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_accessanalyzer_analyzer")["aws_accessanalyzer_analyzer"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || got.Resources[0].Values["type"] != "ACCOUNT" {
		t.Fatalf("%+v", got)
	}
}

// TestCredentialReport: the mock's has no root user.
func TestCredentialReport(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("iam:GenerateCredentialReport", tftest.Answer{Body: `<GenerateCredentialReportResponse><GenerateCredentialReportResult><State>COMPLETE</State></GenerateCredentialReportResult></GenerateCredentialReportResponse>`})
	const report = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active\n" +
		"<root_account>,arn:aws:iam::111111111111:root,2020-01-01T00:00:00+00:00,not_supported,false,true\n" +
		"ci,arn:aws:iam::111111111111:user/ci,2020-01-01T00:00:00+00:00,false,N/A,true\n"
	fake.Always("iam:GetCredentialReport", tftest.Answer{Body: `<GetCredentialReportResponse><GetCredentialReportResult><Content>` +
		base64.StdEncoding.EncodeToString([]byte(report)) + `</Content></GetCredentialReportResult></GetCredentialReportResponse>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "parapet_iam_credential_report")["parapet_iam_credential_report"]
	if got.Status != aws.Complete || len(got.Resources) != 2 {
		t.Fatalf("%+v", got)
	}
	root := got.Resources[0].Values
	if root["user"] != "<root_account>" || root["mfa_active"] != false || root["access_key_1_active"] != true {
		t.Errorf("root: %v", root)
	}
	if _, there := root["password_enabled"]; there {
		t.Error("what is not supported is there")
	}
}

// TestAccountPublicAccessBlock: the provider puts the account into the name of
// the host, which the mock has not.
func TestAccountPublicAccessBlock(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("s3:GET /v20180820/configuration/publicAccessBlock", tftest.Answer{Body: `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_s3_account_public_access_block")["aws_s3_account_public_access_block"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || got.Resources[0].Values["block_public_acls"] != true {
		t.Fatalf("%+v", got)
	}
}
