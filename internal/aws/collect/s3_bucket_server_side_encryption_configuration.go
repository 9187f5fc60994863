package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func s3BucketServerSideEncryptionConfiguration() aws.Type {
	return aws.Type{
		Name:       "aws_s3_bucket_server_side_encryption_configuration",
		Service:    "s3",
		Parent:     "aws_s3_bucket",
		Actions:    slices.Concat(s3ListActions, []string{"s3:GetEncryptionConfiguration"}),
		Filled:     []string{"bucket", "rule"},
		ConfigOnly: []string{"expected_bucket_owner"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			return eachBucket(ctx, s, out, func(ctx context.Context, c *s3.Client, name *string) error {
				got, err := c.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
				if aws.Is(err, "ServerSideEncryptionConfigurationNotFoundError") {
					return nil
				}
				if err != nil {
					return err
				}
				if got.ServerSideEncryptionConfiguration == nil {
					return nil
				}
				out.Add(aws.Item{ID: *name, Values: map[string]any{
					"bucket": name,
					"rule":   aws.SetOf(got.ServerSideEncryptionConfiguration.Rules, s3EncryptionRule),
				}})
				return nil
			})
		},
	}
}

func s3EncryptionRule(r s3types.ServerSideEncryptionRule) map[string]any {
	rule := map[string]any{"bucket_key_enabled": r.BucketKeyEnabled}
	if d := r.ApplyServerSideEncryptionByDefault; d != nil {
		rule["apply_server_side_encryption_by_default"] = aws.Block(map[string]any{
			"kms_master_key_id": aws.NonEmpty(d.KMSMasterKeyID),
			"sse_algorithm":     d.SSEAlgorithm,
		})
	}
	return rule
}
