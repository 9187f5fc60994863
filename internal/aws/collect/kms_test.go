package collect

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestKMSDenied: a key whose policy lets nobody describe it is there with its
// name, and costs no other key. That none may be described is the scope's matter.
func TestKMSDenied(t *testing.T) {
	const arn = "arn:aws:kms:us-east-1:111111111111:key/"
	fake := tftest.FakeAWS(t)
	fake.On("kms:ListKeys", func(c tftest.Call) tftest.Answer {
		if !strings.Contains(c.Body, "more") {
			return tftest.Answer{Body: `{"Truncated": true, "NextMarker": "more", "Keys": [{"KeyId": "closed", "KeyArn": "` + arn + `closed"}]}`}
		}
		return tftest.Answer{Body: `{"Keys": [{"KeyId": "open", "KeyArn": "` + arn + `open"}, {"KeyId": "theirs", "KeyArn": "` + arn + `theirs"}, {"KeyId": "gone", "KeyArn": "` + arn + `gone"}]}`}
	})
	no := tftest.JSONError(400, "AccessDeniedException", "User is not authorized to perform: kms:DescribeKey with an explicit deny in a resource-based policy")
	fake.On("kms:DescribeKey", func(c tftest.Call) tftest.Answer {
		switch {
		case strings.Contains(c.Body, "closed"):
			return no
		case strings.Contains(c.Body, "gone"):
			return tftest.JSONError(400, "NotFoundException", "Key does not exist")
		case strings.Contains(c.Body, "theirs"):
			return tftest.Answer{Body: `{"KeyMetadata": {"KeyId": "theirs", "KeyManager": "AWS"}}`}
		}
		return tftest.Answer{Body: `{"KeyMetadata": {"KeyId": "open", "Arn": "` + arn + `open", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "Enabled": true}}`}
	})
	fake.Always("kms:GetKeyRotationStatus", no)
	fake.Always("kms:GetKeyPolicy", tftest.Answer{Body: `{"Policy": "{\"Statement\": []}"}`})
	fake.Always("kms:ListResourceTags", tftest.Answer{Body: `{"Tags": [{"TagKey": "Owner", "TagValue": "me"}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_kms_key")["aws_kms_key"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 2 {
		t.Fatalf("%+v", got)
	}
	closed, open := got.Resources[0], got.Resources[1]
	same(t, closed.Values, `{"id": "closed", "key_id": "closed", "arn": "`+arn+`closed"}`)
	for _, name := range []string{"policy", "enable_key_rotation", "is_enabled", "tags"} {
		if !resource.Marked(closed.Unknown, resource.Path{name}) {
			t.Errorf("%s is not unknown", name)
		}
	}
	if v := open.Values; v["policy"] != `{"Statement":[]}` || v["is_enabled"] != true || !resource.Marked(open.Unknown, resource.Path{"enable_key_rotation"}) {
		t.Errorf("%v, unknown are %v", v, open.Unknown)
	}
	fake.Always("kms:DescribeKey", no)
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_kms_key")["aws_kms_key"]
	if got.Status != aws.DeniedByIAM || len(got.Resources) != 0 {
		t.Errorf("all denied: %+v", got)
	}
}
