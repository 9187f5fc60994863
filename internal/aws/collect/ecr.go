package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecrListAction is what ecrRepositories needs.
const ecrListAction = "ecr:DescribeRepositories"

// ecrRepositories describes the private repositories of the region.
func ecrRepositories(ctx context.Context, s *aws.Session) ([]ecrtypes.Repository, error) {
	return aws.Once(ctx, s, ecrListAction, func(ctx context.Context) ([]ecrtypes.Repository, error) {
		var list []ecrtypes.Repository
		p := ecr.NewDescribeRepositoriesPaginator(aws.Client(s, ecr.NewFromConfig), &ecr.DescribeRepositoriesInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.Repositories...)
		}
		return list, nil
	})
}
