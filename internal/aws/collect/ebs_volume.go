package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsVolume() aws.Type {
	return aws.Type{
		Name:    "aws_ebs_volume",
		Service: "ec2",
		Actions: []string{"ec2:DescribeVolumes"},
		Filled: []string{
			"arn", "availability_zone", "encrypted", "iops", "kms_key_id", "multi_attach_enabled", "outpost_arn", "size", "snapshot_id",
			"tags", "throughput", "type",
		},
		ConfigOnly: []string{"final_snapshot"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			volumes, err := ec2Volumes(ctx, s)
			if err != nil {
				return err
			}
			for _, v := range volumes {
				out.Add(aws.Item{ID: aws.String(v.VolumeId), ARN: s.ARN("ec2", "volume/"+aws.String(v.VolumeId)), Values: map[string]any{
					"availability_zone":    v.AvailabilityZone,
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
				}})
			}
			return nil
		},
	}
}
