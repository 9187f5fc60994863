package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketPublicAccessBlock() aws.Type {
	return aws.Type{
		Name:    "aws_s3_bucket_public_access_block",
		Service: "s3",
		Parent:  "aws_s3_bucket",
		Actions: slices.Concat(s3ListActions, []string{"s3:GetBucketPublicAccessBlock"}),
		Filled:  []string{"block_public_acls", "block_public_policy", "bucket", "ignore_public_acls", "restrict_public_buckets"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
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
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket":                  name,
					"block_public_acls":       b.BlockPublicAcls,
					"block_public_policy":     b.BlockPublicPolicy,
					"ignore_public_acls":      b.IgnorePublicAcls,
					"restrict_public_buckets": b.RestrictPublicBuckets,
				}})
				return nil
			})
		},
	}
}
