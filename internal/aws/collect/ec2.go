package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ec2Page is the size of a page of EC2's long lists. Asking for pages at all
// matters more than their size: EC2 allows more of such requests.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
const ec2Page int32 = 500

// ec2Tags makes the provider's map of EC2's tags.
func ec2Tags(tags []ec2types.Tag) map[string]any {
	return aws.Tags(tags, func(t ec2types.Tag) (*string, *string) { return t.Key, t.Value })
}

// ec2Client is the session's client of EC2.
func ec2Client(s *aws.Session) *ec2.Client { return aws.Client(s, ec2.NewFromConfig) }

// ec2Volumes lists the volumes of the region: instances tell of theirs only the
// ids.
func ec2Volumes(ctx context.Context, s *aws.Session) ([]ec2types.Volume, error) {
	return aws.Once(ctx, s, "ec2:DescribeVolumes", func(ctx context.Context) ([]ec2types.Volume, error) {
		var all []ec2types.Volume
		size := ec2Page
		p := ec2.NewDescribeVolumesPaginator(ec2Client(s), &ec2.DescribeVolumesInput{MaxResults: &size})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, page.Volumes...)
		}
		return all, nil
	})
}

// ec2Owned reports whether the session's account owns something. What others own
// and share with it, or have in a VPC of its, is theirs: it is collected where they
// are. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html
func ec2Owned(s *aws.Session, owner *string) bool { return owner == nil || *owner == s.Account }

// textsOf are the texts of some elements, as a set.
func textsOf[T any](list []T, text func(T) *string) []any {
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = aws.String(text(e))
	}
	return aws.Set(texts)
}

// ec2GroupIDs are the ids of security groups.
func ec2GroupIDs(groups []ec2types.GroupIdentifier) []any {
	return textsOf(groups, func(g ec2types.GroupIdentifier) *string { return g.GroupId })
}
