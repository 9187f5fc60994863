package collect

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestRegionFacts: what a region has once, which the mock does not know.
func TestRegionFacts(t *testing.T) {
	tests := []struct {
		typ, operation, answer string
		want                   map[string]any
	}{
		{
			"aws_ebs_default_kms_key", "GetEbsDefaultKmsKeyId", `<kmsKeyId>arn:aws:kms:us-east-1:111111111111:key/k</kmsKeyId>`,
			map[string]any{"key_arn": "arn:aws:kms:us-east-1:111111111111:key/k"},
		},
		{
			"aws_ebs_snapshot_block_public_access", "GetSnapshotBlockPublicAccessState", `<state>block-all-sharing</state>`,
			map[string]any{"state": "block-all-sharing"},
		},
		{
			"aws_ebs_snapshot_block_public_access", "GetSnapshotBlockPublicAccessState", `<state>unblocked</state>`,
			map[string]any{"state": "unblocked"},
		},
		{
			"aws_ec2_image_block_public_access", "GetImageBlockPublicAccessState",
			`<imageBlockPublicAccessState>block-new-sharing</imageBlockPublicAccessState>`,
			map[string]any{"state": "block-new-sharing"},
		},
		{
			"aws_ec2_instance_metadata_defaults", "GetInstanceMetadataDefaults", `<accountLevel/>`,
			map[string]any{
				"http_endpoint": "no-preference", "http_put_response_hop_limit": json.Number("-1"), "http_tokens": "no-preference",
				"instance_metadata_tags": "no-preference",
			},
		},
		{
			"aws_ec2_instance_metadata_defaults", "GetInstanceMetadataDefaults",
			`<accountLevel><httpTokens>required</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit></accountLevel>`,
			map[string]any{
				"http_endpoint": "no-preference", "http_put_response_hop_limit": json.Number("2"), "http_tokens": "required",
				"instance_metadata_tags": "no-preference",
			},
		},
		{
			"aws_ec2_serial_console_access", "GetSerialConsoleAccessStatus", `<serialConsoleAccessEnabled>true</serialConsoleAccessEnabled>`,
			map[string]any{"enabled": true},
		},
		{
			"aws_ec2_serial_console_access", "GetSerialConsoleAccessStatus", `<serialConsoleAccessEnabled>false</serialConsoleAccessEnabled>`,
			map[string]any{"enabled": false},
		},
	}
	for _, test := range tests {
		t.Run(test.typ, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fake.Always("ec2:"+test.operation, tftest.Answer{Body: fmt.Sprintf("<%[1]sResponse>%s</%[1]sResponse>", test.operation, test.answer)})
			o := collectFrom(t, mock(t, fake.URL), "us-east-1", test.typ)[test.typ]
			if o.Status != aws.Complete || len(o.Resources) != 1 {
				t.Fatalf("%+v", o)
			}
			r := o.Resources[0]
			if !reflect.DeepEqual(r.Values, test.want) || r.Region != "us-east-1" {
				t.Errorf("%s: %v in %q", r.Address, r.Values, r.Region)
			}
			fake.Always("ec2:"+test.operation, tftest.EC2Error(403, "UnauthorizedOperation", "You are not authorized to perform this operation."))
			if o := collectFrom(t, mock(t, fake.URL), "us-east-1", test.typ)[test.typ]; o.Status != aws.DeniedByIAM || len(o.Resources) != 0 {
				t.Errorf("denied: %+v", o)
			}
		})
	}
}

const (
	instances = `<DescribeInstancesResponse><reservationSet><item><instancesSet>
		<item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState><rootDeviceName>/dev/sda1</rootDeviceName>
			<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item>
				<item><deviceName>/dev/sdb</deviceName><ebs><volumeId>vol-2</volumeId></ebs></item></blockDeviceMapping>
		</item>
		<item><instanceId>i-2</instanceId><instanceState><name>stopped</name></instanceState><rootDeviceName>/dev/sda1</rootDeviceName>
			<blockDeviceMapping><item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-9</volumeId></ebs></item></blockDeviceMapping>
		</item>
		<item><instanceId>i-3</instanceId><instanceState><name>terminated</name></instanceState></item>
	</instancesSet></item></reservationSet></DescribeInstancesResponse>`
	volumes = `<DescribeVolumesResponse><volumeSet>
		<item><volumeId>vol-1</volumeId><encrypted>true</encrypted></item><item><volumeId>vol-2</volumeId><encrypted>false</encrypted></item>
	</volumeSet></DescribeVolumesResponse>`
	protected = `<DescribeInstanceAttributeResponse><disableApiTermination><value>true</value></disableApiTermination></DescribeInstanceAttributeResponse>`
)

// TestInstanceVolumes: a volume that was not read is not an unencrypted one. The
// volumes are listed once for the instances and for themselves.
func TestInstanceVolumes(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeInstances", tftest.Answer{Body: instances})
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: volumes})
	fake.Always("ec2:DescribeInstanceAttribute", tftest.Answer{Body: protected})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_ebs_volume", "aws_instance")["aws_instance"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	device, other := resource.Path{"root_block_device"}, resource.Path{"ebs_block_device"}
	first, second := got.Resources[0], got.Resources[1]
	if element(t, first.Values["root_block_device"], 0)["encrypted"] != true || element(t, first.Values["ebs_block_device"], 0)["encrypted"] != false {
		t.Errorf("%s: %v", first.ID, first.Values)
	}
	if first.Values["disable_api_termination"] != true || first.Unknown != nil {
		t.Errorf("%s: %v, does not know %v", first.ID, first.Values, first.Unknown)
	}
	// The volume was attached between the two calls, and is no missing disk.
	if !resource.Marked(second.Unknown, device) || !resource.Marked(second.Unknown, other) ||
		second.Values["root_block_device"] != nil || second.Values["ebs_block_device"] != nil {
		t.Errorf("%s: %v, does not know %v", second.ID, second.Values, second.Unknown)
	}
	if g := got.Gaps[0]; g.ID != "i-2" || !strings.Contains(g.Detail, "vol-9") {
		t.Errorf("the gap is %+v", g)
	}
	if n := len(fake.Calls("ec2:DescribeVolumes")); n != 1 {
		t.Errorf("the volumes were listed %d times", n)
	}

	fake.Always("ec2:DescribeVolumes", tftest.EC2Error(403, "UnauthorizedOperation", "You are not authorized to perform this operation."))
	fake.Always("ec2:DescribeInstanceAttribute", tftest.EC2Error(400, "InvalidInstanceID.NotFound", "The instance ID does not exist"))
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_instance")["aws_instance"]
	if got.Status != aws.Complete || len(got.Resources) != 0 {
		t.Errorf("instances that were terminated meanwhile: %+v", got)
	}
	fake.Always("ec2:DescribeInstanceAttribute", tftest.Answer{Body: protected})
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_instance")["aws_instance"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 2 || !resource.Marked(got.Resources[0].Unknown, device) {
		t.Errorf("denied volumes: %+v", got)
	}
}
