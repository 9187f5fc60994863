package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketWebsiteConfiguration() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_website_configuration",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetBucketWebsite"}),
		Filled:     []string{"bucket", "error_document", "index_document", "redirect_all_requests_to"},
		ConfigOnly: []string{"expected_bucket_owner"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: name})
				if aws.Is(err, "NoSuchWebsiteConfiguration") {
					return nil
				}
				if err != nil {
					return err
				}
				values := map[string]any{"bucket": name}
				if d := got.ErrorDocument; d != nil {
					values["error_document"] = aws.Block(map[string]any{"key": d.Key})
				}
				if d := got.IndexDocument; d != nil {
					values["index_document"] = aws.Block(map[string]any{"suffix": d.Suffix})
				}
				if d := got.RedirectAllRequestsTo; d != nil {
					values["redirect_all_requests_to"] = aws.Block(map[string]any{"host_name": d.HostName, "protocol": d.Protocol})
				}
				out.Add(aws.Item{ID: *name, Values: values})
				return nil
			})
		},
	}
}
