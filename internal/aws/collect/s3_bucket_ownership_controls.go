package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketOwnershipControls() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_ownership_controls",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketOwnershipControls"}),
		Filled:     []string{"bucket", "rule"},
		ConfigOnly: []string{},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
				if aws.Is(err, "OwnershipControlsNotFoundError") {
					return nil
				}
				if err != nil {
					return err
				}
				if got.OwnershipControls == nil || len(got.OwnershipControls.Rules) == 0 {
					return nil
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket": name,
					"rule":   aws.Block(map[string]any{"object_ownership": got.OwnershipControls.Rules[0].ObjectOwnership}),
				}})
				return nil
			})
		},
	}
}
