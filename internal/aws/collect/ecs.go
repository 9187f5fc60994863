package collect

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecsTags makes the provider's map of ECS's tags.
func ecsTags(tags []ecstypes.Tag) map[string]any {
	return aws.Tags(tags, func(t ecstypes.Tag) (*string, *string) { return t.Key, t.Value })
}
