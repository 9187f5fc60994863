package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// kmsListActions are what kmsKeys needs.
var kmsListActions = []string{"kms:DescribeKey", "kms:ListKeys"}

// kmsEntry is a key of the list with its description, or why it has none.
type kmsEntry struct {
	id, arn *string
	*kmstypes.KeyMetadata
	err error
}

// kmsKeys describes the customer managed keys of the region. AWS's own keys are
// nobody's resources, and a key that waits for its deletion is none any more. Of a
// key that may not be described it is not known whether it is one of them; that
// none may be described is an error.
func kmsKeys(ctx context.Context, s *aws.Session, out *aws.Out) ([]kmsEntry, error) {
	c := aws.Client(s, kms.NewFromConfig)
	var keys []kmsEntry
	p := kms.NewListKeysPaginator(c, &kms.ListKeysInput{})
	if err := eachPage(ctx, p, func(page *kms.ListKeysOutput) {
		for _, k := range page.Keys {
			keys = append(keys, kmsEntry{id: k.KeyId, arn: k.KeyArn})
		}
	}); err != nil || len(keys) == 0 {
		return nil, err
	}
	indexes := make([]int, len(keys))
	for i := range indexes {
		indexes[i] = i
	}
	if err := aws.Each(ctx, out, indexes, func(ctx context.Context, i int) error {
		got, err := c.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: keys[i].id})
		switch {
		case err == nil:
			keys[i].KeyMetadata = got.KeyMetadata
		case !aws.Is(err, "NotFoundException"): // which is one that was deleted meanwhile
			keys[i].err = err
		}
		return ctx.Err()
	}); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(keys, func(k kmsEntry) bool { return k.err == nil }) {
		return nil, keys[0].err
	}
	return slices.DeleteFunc(keys, func(k kmsEntry) bool {
		return k.err == nil && (k.KeyMetadata == nil || k.KeyManager != kmstypes.KeyManagerTypeCustomer ||
			k.KeyState == kmstypes.KeyStatePendingDeletion || k.KeyState == kmstypes.KeyStatePendingReplicaDeletion)
	}), nil
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
