package collect

import (
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// rdsTags makes the provider's map of RDS's tags.
func rdsTags(tags []rdstypes.Tag) map[string]any {
	return aws.Tags(tags, func(t rdstypes.Tag) (*string, *string) { return t.Key, t.Value })
}

// rdsSecurityGroups makes the set of the ids of VPC security groups.
func rdsSecurityGroups(list []rdstypes.VpcSecurityGroupMembership) []any {
	ids := make([]string, len(list))
	for i, g := range list {
		ids[i] = aws.String(g.VpcSecurityGroupId)
	}
	return aws.Set(ids)
}
