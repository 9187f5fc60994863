package collect

import (
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsVolume() aws.Type {
	return aws.Type{
		Name:    "aws_ebs_volume",
		Service: "ec2",
		Actions: []string{"ec2:DescribeVolumes"},
		Filled: []string{
			"arn", "availability_zone", "create_time", "encrypted", "iops", "kms_key_id", "multi_attach_enabled", "outpost_arn", "size",
			"snapshot_id", "tags", "throughput", "type",
		},
		ConfigOnly: []string{"final_snapshot", "timeouts"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			volumes, err := ec2Volumes(ctx, s)
			if err != nil {
				return err
			}
			for _, v := range volumes {
				out.Add(ebsVolumeItem(v, s.ARN("ec2", "volume/"+aws.String(v.VolumeId))))
			}
			return nil
		},
	}
}

func ebsVolumeItem(v ec2types.Volume, arn string) aws.Item {
	return aws.Item{ID: aws.String(v.VolumeId), ARN: arn, Values: map[string]any{
		"availability_zone":    v.AvailabilityZone,
		"create_time":          v.CreateTime,
		"encrypted":            v.Encrypted,
		"iops":                 v.Iops,
		"kms_key_id":           v.KmsKeyId,
		"multi_attach_enabled": v.MultiAttachEnabled,
		"outpost_arn":          v.OutpostArn,
		"size":                 v.Size,
		"snapshot_id":          v.SnapshotId,
		"tags":                 ec2Tags(v.Tags),
		"throughput":           v.Throughput,
		"type":                 v.VolumeType,
	}}
}
