package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func kmsKey() aws.Type {
	return aws.Type{
		Name:    "aws_kms_key",
		Service: "kms",
		Actions: slices.Concat(kmsListActions, []string{"kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"}),
		Filled: []string{
			"arn", "custom_key_store_id", "customer_master_key_spec", "description", "enable_key_rotation", "is_enabled", "key_id",
			"key_usage", "multi_region", "policy", "tags",
		},
		ConfigOnly: []string{"bypass_policy_lockout_safety_check", "deletion_window_in_days"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			keys, err := kmsKeys(ctx, s, out)
			if err != nil {
				return err
			}
			c := aws.Client(s, kms.NewFromConfig)
			return aws.Each(ctx, out, keys, func(ctx context.Context, entry kmsEntry) error {
				if entry.err != nil {
					it := aws.Item{ID: aws.String(entry.id), ARN: aws.String(entry.arn), Values: map[string]any{"key_id": entry.id}}
					return unread(out, kmsKey().Filled, it, entry.err)
				}
				k := *entry.KeyMetadata
				it := aws.Item{ID: aws.String(k.KeyId), ARN: aws.String(k.Arn), Values: map[string]any{
					"custom_key_store_id":      k.CustomKeyStoreId,
					"customer_master_key_spec": k.KeySpec,
					"description":              k.Description,
					"is_enabled":               k.Enabled,
					"key_id":                   k.KeyId,
					"key_usage":                k.KeyUsage,
					"multi_region":             k.MultiRegion,
				}}
				if err := kmsMore(ctx, c, &it, k, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// kmsMore reads what the description does not tell. Rotation is a matter of
// symmetric keys that KMS made; the others have none.
// https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
func kmsMore(ctx context.Context, c *kms.Client, it *aws.Item, k kmstypes.KeyMetadata, out *aws.Out) error {
	it.Values["enable_key_rotation"] = false
	if k.KeySpec == kmstypes.KeySpecSymmetricDefault && k.Origin == kmstypes.OriginTypeAwsKms {
		rotation, err := c.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: k.KeyId})
		if err != nil {
			delete(it.Values, "enable_key_rotation")
			if err := out.Miss(it, err, "enable_key_rotation"); err != nil {
				return err
			}
		} else {
			it.Values["enable_key_rotation"] = rotation.KeyRotationEnabled
		}
	}
	name := "default" // the only one there is
	policy, err := c.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: k.KeyId, PolicyName: &name})
	if err != nil {
		if err := out.Miss(it, err, "policy"); err != nil {
			return err
		}
	} else {
		it.Values["policy"] = aws.PolicyJSON(policy.Policy)
	}
	var tags []kmstypes.Tag
	p := kms.NewListResourceTagsPaginator(c, &kms.ListResourceTagsInput{KeyId: k.KeyId})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return out.Miss(it, err, "tags")
		}
		tags = append(tags, page.Tags...)
	}
	it.Values["tags"] = kmsTags(tags)
	return nil
}
