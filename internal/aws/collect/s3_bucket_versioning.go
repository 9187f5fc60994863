package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketVersioning() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_versioning",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketVersioning"}),
		Filled:     []string{"bucket", "versioning_configuration"},
		ConfigOnly: []string{"expected_bucket_owner", "mfa"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
				if err != nil {
					return err
				}
				if got.Status == "" { // never set: there is nothing to import
					return nil
				}
				configuration := map[string]any{"status": got.Status}
				if got.MFADelete != "" {
					configuration["mfa_delete"] = got.MFADelete
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket":                   name,
					"versioning_configuration": aws.Block(configuration),
				}})
				return nil
			})
		},
	}
}
