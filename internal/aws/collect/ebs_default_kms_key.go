package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ebsDefaultKMSKey() aws.Type {
	return aws.Type{
		Name:    "aws_ebs_default_kms_key",
		Service: "ec2",
		Actions: []string{"ec2:GetEbsDefaultKmsKeyId"},
		Filled:  []string{"key_arn"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, ec2.NewFromConfig).GetEbsDefaultKmsKeyId(ctx, &ec2.GetEbsDefaultKmsKeyIdInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: map[string]any{"key_arn": got.KmsKeyId}})
			return nil
		},
	}
}
