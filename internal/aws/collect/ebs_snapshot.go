package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsSnapshot() aws.Type {
	return aws.Type{
		Name:       "aws_ebs_snapshot",
		Service:    "ec2",
		Actions:    []string{"ec2:DescribeSnapshots"},
		Filled:     []string{"arn", "description", "encrypted", "kms_key_id", "owner_id", "storage_tier", "tags", "volume_id", "volume_size"},
		ConfigOnly: []string{"permanent_restore", "temporary_restore_days"},
		StandsFor:  []string{"aws_ebs_snapshot_copy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			size := ec2Page
			p := ec2.NewDescribeSnapshotsPaginator(ec2Client(s), &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}, MaxResults: &size})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, n := range page.Snapshots {
					id := aws.String(n.SnapshotId)
					out.Add(aws.Item{ID: id, ARN: "arn:" + s.Partition + ":ec2:" + s.Region + "::snapshot/" + id, Values: map[string]any{
						"description":  n.Description,
						"encrypted":    n.Encrypted,
						"kms_key_id":   n.KmsKeyId,
						"owner_id":     n.OwnerId,
						"storage_tier": n.StorageTier,
						"tags":         ec2Tags(n.Tags),
						"volume_id":    n.VolumeId,
						"volume_size":  n.VolumeSize,
					}})
				}
			}
			return nil
		},
	}
}
