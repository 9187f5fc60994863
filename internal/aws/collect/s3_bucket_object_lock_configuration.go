package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketObjectLockConfiguration() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_object_lock_configuration",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketObjectLockConfiguration"}),
		Filled:     []string{"bucket", "object_lock_enabled", "rule"},
		ConfigOnly: []string{"expected_bucket_owner", "token"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: name})
				if aws.Is(err, "ObjectLockConfigurationNotFoundError") {
					return nil
				}
				if err != nil {
					return err
				}
				if got.ObjectLockConfiguration == nil {
					return nil
				}
				values := map[string]any{"bucket": name, "object_lock_enabled": got.ObjectLockConfiguration.ObjectLockEnabled}
				if r := got.ObjectLockConfiguration.Rule; r != nil && r.DefaultRetention != nil {
					values["rule"] = aws.Block(map[string]any{"default_retention": aws.Block(map[string]any{
						"days":  r.DefaultRetention.Days,
						"mode":  r.DefaultRetention.Mode,
						"years": r.DefaultRetention.Years,
					})})
				}
				out.Add(aws.Item{ID: *name, Values: values})
				return nil
			})
		},
	}
}
