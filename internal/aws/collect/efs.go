package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// efsListAction is what efsFileSystems needs.
const efsListAction = "elasticfilesystem:DescribeFileSystems"

// efsFileSystems describes the file systems of the region.
func efsFileSystems(ctx context.Context, s *aws.Session) ([]efstypes.FileSystemDescription, error) {
	return aws.Once(ctx, s, efsListAction, func(ctx context.Context) ([]efstypes.FileSystemDescription, error) {
		var list []efstypes.FileSystemDescription
		p := efs.NewDescribeFileSystemsPaginator(aws.Client(s, efs.NewFromConfig), &efs.DescribeFileSystemsInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.FileSystems...)
		}
		return list, nil
	})
}
