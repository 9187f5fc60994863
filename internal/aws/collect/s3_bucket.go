package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3Bucket() aws.Type {
	return aws.Type{
		Name:    "aws_s3_bucket",
		Service: "s3",
		Actions: slices.Concat(s3ListActions, []string{"s3:GetBucketTagging"}),
		// The provider never reads acl: aws_s3_bucket_acl tells.
		Filled:     []string{"acl", "arn", "bucket", "tags"},
		ConfigOnly: []string{"acl", "bucket_prefix", "force_destroy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			buckets, err := s3Buckets(ctx, s)
			if err != nil {
				return err
			}
			c := s3Client(s)
			return aws.Each(ctx, out, buckets, func(ctx context.Context, b bucket) error {
				if b.err != nil && s.Region != s.Home().Region { // it is listed there once, and may be here
					return out.Gap(b.name, b.err)
				}
				it := aws.Item{
					ID:     b.name,
					ARN:    "arn:" + s.Partition + ":s3:::" + b.name,
					Values: map[string]any{"bucket": b.name},
				}
				tags, err := s3Tags(ctx, c, b)
				if aws.Is(err, "NoSuchBucket") { // deleted meanwhile
					return nil
				}
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = tags
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func s3Tags(ctx context.Context, c *s3.Client, b bucket) (map[string]any, error) {
	if b.err != nil {
		return nil, b.err
	}
	got, err := c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &b.name})
	switch {
	case aws.Is(err, "NoSuchTagSet"):
		return map[string]any{}, nil
	case err != nil:
		return nil, err
	}
	return aws.Tags(got.TagSet, func(t s3types.Tag) (*string, *string) { return t.Key, t.Value }), nil
}
