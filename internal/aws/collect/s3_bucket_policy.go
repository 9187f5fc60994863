package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_policy",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketPolicy"}),
		Filled:     []string{"bucket", "policy"},
		ConfigOnly: []string{},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
				if aws.Is(err, "NoSuchBucketPolicy") {
					return nil
				}
				if err != nil {
					return err
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{"bucket": name, "policy": aws.PolicyJSON(got.Policy)}})
				return nil
			})
		},
	}
}
