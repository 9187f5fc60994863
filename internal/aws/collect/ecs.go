package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecsListAction is what ecsClusters needs.
const ecsListAction = "ecs:ListClusters"

// ecsClusters lists the ARNs of the region's clusters.
func ecsClusters(ctx context.Context, s *aws.Session) ([]string, error) {
	return aws.Once(ctx, s, ecsListAction, func(ctx context.Context) ([]string, error) {
		var list []string
		p := ecs.NewListClustersPaginator(aws.Client(s, ecs.NewFromConfig), &ecs.ListClustersInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.ClusterArns...)
		}
		return list, nil
	})
}

// ecsTags makes the provider's map of ECS's tags.
func ecsTags(tags []ecstypes.Tag) map[string]any {
	return aws.Tags(tags, func(t ecstypes.Tag) (*string, *string) { return t.Key, t.Value })
}

// ecsInactive is the status of what was deleted and is still told for a while.
const ecsInactive = "INACTIVE"

// ecsMissing is the reason of a failure to describe what was deleted meanwhile.
const ecsMissing = "MISSING"
