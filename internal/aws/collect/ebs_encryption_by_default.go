package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsEncryptionByDefault() aws.Type {
	return aws.Type{
		Name:    "aws_ebs_encryption_by_default",
		Service: "ec2",
		Actions: []string{"ec2:GetEbsEncryptionByDefault"},
		Filled:  []string{"enabled"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, ec2.NewFromConfig).GetEbsEncryptionByDefault(ctx, &ec2.GetEbsEncryptionByDefaultInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: map[string]any{"enabled": got.EbsEncryptionByDefault}})
			return nil
		},
	}
}
