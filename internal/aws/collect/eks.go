package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/parapet-dev/parapet/internal/aws"
)

// eksListAction is what eksClusters needs.
const eksListAction = "eks:ListClusters"

// eksClusters lists the names of the region's clusters. Those that run elsewhere
// and are only connected to EKS are not among them.
func eksClusters(ctx context.Context, s *aws.Session) ([]string, error) {
	return aws.Once(ctx, s, eksListAction, func(ctx context.Context) ([]string, error) {
		var list []string
		p := eks.NewListClustersPaginator(aws.Client(s, eks.NewFromConfig), &eks.ListClustersInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.Clusters...)
		}
		return list, nil
	})
}
