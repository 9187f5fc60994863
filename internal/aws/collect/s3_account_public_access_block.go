package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3AccountPublicAccessBlock() aws.Type {
	return aws.Type{
		Name:    "aws_s3_account_public_access_block",
		Service: "s3",
		Reach:   aws.PerAccount,
		Actions: []string{"s3:GetAccountPublicAccessBlock"},
		Filled:  []string{"account_id", "block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s.Home(), s3control.NewFromConfig)
			got, err := c.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &s.Account})
			if aws.Is(err, "NoSuchPublicAccessBlockConfiguration") {
				return nil
			}
			if err != nil {
				return err
			}
			b := got.PublicAccessBlockConfiguration
			if b == nil {
				return nil
			}
			out.Add(aws.Item{ID: s.Account, Values: map[string]any{
				"account_id":              s.Account,
				"block_public_acls":       b.BlockPublicAcls,
				"block_public_policy":     b.BlockPublicPolicy,
				"ignore_public_acls":      b.IgnorePublicAcls,
				"restrict_public_buckets": b.RestrictPublicBuckets,
			}})
			return nil
		},
	}
}
