package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// s3BucketLifecycleConfiguration reads which rules there are and whether they
// are on; what they do is not filled.
func s3BucketLifecycleConfiguration() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_lifecycle_configuration",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetLifecycleConfiguration"}),
		Filled:     []string{"bucket", "rule[].id", "rule[].status"},
		ConfigOnly: []string{"expected_bucket_owner"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
				if aws.Is(err, "NoSuchLifecycleConfiguration") {
					return nil
				}
				if err != nil {
					return err
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket": name,
					"rule": aws.Blocks(got.Rules, func(r s3types.LifecycleRule) map[string]any {
						return map[string]any{"id": r.ID, "status": r.Status}
					}),
				}})
				return nil
			})
		},
	}
}
