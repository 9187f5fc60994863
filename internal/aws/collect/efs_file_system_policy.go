package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func efsFileSystemPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_efs_file_system_policy",
		Service:    "elasticfilesystem",
		Parent:     "aws_efs_file_system",
		Actions:    []string{"elasticfilesystem:DescribeFileSystemPolicy", efsListAction},
		Filled:     []string{"file_system_id", "policy"},
		ConfigOnly: []string{"bypass_policy_lockout_safety_check"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := efsFileSystems(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, efs.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, f efstypes.FileSystemDescription) error {
				id := aws.String(f.FileSystemId)
				got, err := c.DescribeFileSystemPolicy(ctx, &efs.DescribeFileSystemPolicyInput{FileSystemId: &id})
				if aws.Is(err, "PolicyNotFound", "FileSystemNotFound") {
					return nil
				}
				if err != nil {
					return out.Gap(id, err)
				}
				out.Add(aws.Item{ID: id, Values: map[string]any{"file_system_id": id, "policy": aws.PolicyJSON(got.Policy)}})
				return nil
			})
		},
	}
}
