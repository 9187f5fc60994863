package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestRegionSettings: what a Region is set to, which the mock does not know.
func TestRegionSettings(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:GetSnapshotBlockPublicAccessState", tftest.Answer{Body: `<R><state>block-all-sharing</state></R>`})
	fake.Always("ec2:GetImageBlockPublicAccessState", tftest.Answer{Body: `<R><imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState></R>`})
	fake.Always("ec2:GetSerialConsoleAccessStatus", tftest.Answer{Body: `<R><serialConsoleAccessEnabled>true</serialConsoleAccessEnabled></R>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1",
		"aws_ebs_snapshot_block_public_access", "aws_ec2_image_block_public_access", "aws_ec2_serial_console_access")
	for typ, want := range map[string]struct {
		attribute string
		value     any
	}{
		"aws_ebs_snapshot_block_public_access": {"state", "block-all-sharing"},
		"aws_ec2_image_block_public_access":    {"state", "unblocked"},
		"aws_ec2_serial_console_access":        {"enabled", true},
	} {
		o := got[typ]
		if o.Status != aws.Complete || len(o.Resources) != 1 || o.Resources[0].Values[want.attribute] != want.value {
			t.Errorf("%s: %+v", typ, o)
		}
	}
}

// TestInstanceVolumes: whose volumes cannot be read has unknown disks, and is
// there for all else.
func TestInstanceVolumes(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeInstances", tftest.Answer{Body: `<R><reservationSet><item><instancesSet>
		<item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType><rootDeviceName>/dev/xvda</rootDeviceName>
			<instanceState><name>running</name></instanceState>
			<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item>
				<item><deviceName>/dev/sdb</deviceName><ebs><volumeId>vol-2</volumeId></ebs></item></blockDeviceMapping></item>
		<item><instanceId>i-2</instanceId><instanceState><name>terminated</name></instanceState></item>
	</instancesSet></item></reservationSet></R>`})
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: `<R><volumeSet>
		<item><volumeId>vol-1</volumeId><encrypted>true</encrypted></item><item><volumeId>vol-2</volumeId><encrypted>false</encrypted></item>
	</volumeSet></R>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_instance")["aws_instance"]
	if got.Status != aws.Complete || len(got.Resources) != 1 {
		t.Fatalf("%+v", got)
	}
	encrypted := func(name string) any {
		list, _ := got.Resources[0].Values[name].([]any)
		if len(list) != 1 {
			return nil
		}
		block, _ := list[0].(map[string]any)
		return block["encrypted"]
	}
	if encrypted("root_block_device") != true || encrypted("ebs_block_device") != false {
		t.Errorf("%v", got.Resources[0].Values)
	}
	// A volume that was attached between the two calls is no missing disk.
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Body: `<R><volumeSet><item><volumeId>vol-1</volumeId><encrypted>true</encrypted></item></volumeSet></R>`})
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_instance")["aws_instance"]
	if len(got.Gaps) != 1 {
		t.Errorf("%+v", got)
	} else if _, known := got.Resources[0].Values["ebs_block_device"]; known {
		t.Error("the other volumes are known")
	}
	fake.Always("ec2:DescribeVolumes", tftest.Answer{Status: 403, Body: `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`})
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_instance")["aws_instance"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != 1 || got.Resources[0].Values["instance_type"] != "t3.micro" {
		t.Fatalf("%+v", got)
	}
	if _, known := got.Resources[0].Values["root_block_device"]; known {
		t.Error("the root volume is known")
	}
}
