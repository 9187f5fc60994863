package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// kmsListActions are what kmsKeys needs.
var kmsListActions = []string{"kms:DescribeKey", "kms:ListKeys"}

// kmsKeys describes the customer managed keys of the region. AWS's own keys are
// nobody's resources, and a key that waits for its deletion is none any more.
func kmsKeys(ctx context.Context, s *aws.Session, out *aws.Out) ([]kmstypes.KeyMetadata, error) {
	return aws.Once(ctx, s, "kms:DescribeKey", func(ctx context.Context) ([]kmstypes.KeyMetadata, error) {
		c := aws.Client(s, kms.NewFromConfig)
		var keys []kmstypes.KeyListEntry
		p := kms.NewListKeysPaginator(c, &kms.ListKeysInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			keys = append(keys, page.Keys...)
		}
		described := make([]*kmstypes.KeyMetadata, len(keys))
		indexes := make([]int, len(keys))
		for i := range indexes {
			indexes[i] = i
		}
		err := aws.Each(ctx, out, indexes, func(ctx context.Context, i int) error {
			got, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: keys[i].KeyId})
			if aws.Is(err, "NotFoundException") { // deleted meanwhile
				return nil
			}
			if err != nil {
				return err
			}
			described[i] = got.KeyMetadata
			return nil
		})
		if err != nil {
			return nil, err
		}
		var list []kmstypes.KeyMetadata
		for _, k := range described {
			if k == nil || k.KeyManager != kmstypes.KeyManagerTypeCustomer ||
				k.KeyState == kmstypes.KeyStatePendingDeletion || k.KeyState == kmstypes.KeyStatePendingReplicaDeletion {
				continue
			}
			list = append(list, *k)
		}
		return list, nil
	})
}

// kmsTags makes the provider's map of KMS's tags.
func kmsTags(tags []kmstypes.Tag) map[string]any {
	return aws.Tags(tags, func(t kmstypes.Tag) (*string, *string) { return t.TagKey, t.TagValue })
}

// kmsManagedKey finds the ARN of the key that AWS made in the account for one of
// its services, by its alias. It is empty before the service needed one.
func kmsManagedKey(ctx context.Context, s *aws.Session, alias string) (string, error) {
	return aws.Once(ctx, s, "kms:DescribeKey "+alias, func(ctx context.Context) (string, error) {
		got, err := aws.Client(s, kms.NewFromConfig).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
		if aws.Is(err, "NotFoundException") {
			return "", nil
		}
		if err != nil || got.KeyMetadata == nil {
			return "", err
		}
		return aws.String(got.KeyMetadata.Arn), nil
	})
}
