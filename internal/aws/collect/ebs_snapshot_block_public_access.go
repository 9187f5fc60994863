package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsSnapshotBlockPublicAccess() aws.Type {
	return aws.Type{
		Name:    "aws_ebs_snapshot_block_public_access",
		Service: "ec2",
		Actions: []string{"ec2:GetSnapshotBlockPublicAccessState"},
		Filled:  []string{"state"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := ec2Client(s).GetSnapshotBlockPublicAccessState(ctx, &ec2.GetSnapshotBlockPublicAccessStateInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: map[string]any{"state": got.State}})
			return nil
		},
	}
}
