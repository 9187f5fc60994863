package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketLogging() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_logging",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketLogging"}),
		Filled:     []string{"bucket", "target_bucket", "target_prefix"},
		ConfigOnly: []string{"expected_bucket_owner"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: name})
				if err != nil {
					return err
				}
				if got.LoggingEnabled == nil {
					return nil
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket":        name,
					"target_bucket": got.LoggingEnabled.TargetBucket,
					"target_prefix": got.LoggingEnabled.TargetPrefix,
				}})
				return nil
			})
		},
	}
}
