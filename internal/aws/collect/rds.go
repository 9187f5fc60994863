package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// rdsInstances describes the instances of the region: those of their own, and
// the members of clusters. DocumentDB's and Neptune's are among them.
func rdsInstances(ctx context.Context, s *aws.Session) ([]rdstypes.DBInstance, error) {
	return aws.Once(ctx, s, "rds:DescribeDBInstances", func(ctx context.Context) ([]rdstypes.DBInstance, error) {
		var list []rdstypes.DBInstance
		p := rds.NewDescribeDBInstancesPaginator(aws.Client(s, rds.NewFromConfig), &rds.DescribeDBInstancesInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.DBInstances...)
		}
		return list, nil
	})
}

// rdsClusters describes the clusters of the region. DocumentDB's and Neptune's
// are among them: their APIs are RDS's.
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html
func rdsClusters(ctx context.Context, s *aws.Session) ([]rdstypes.DBCluster, error) {
	return aws.Once(ctx, s, "rds:DescribeDBClusters", func(ctx context.Context) ([]rdstypes.DBCluster, error) {
		var list []rdstypes.DBCluster
		p := rds.NewDescribeDBClustersPaginator(aws.Client(s, rds.NewFromConfig), &rds.DescribeDBClustersInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.DBClusters...)
		}
		return list, nil
	})
}

// rdsEngine reports whether an engine is RDS's own; the provider has types of
// their own for the others.
func rdsEngine(engine *string) bool {
	switch aws.String(engine) {
	case "docdb", "neptune":
		return false
	}
	return true
}

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

// rdsSecret makes master_user_secret: the secret that RDS manages itself.
func rdsSecret(s *rdstypes.MasterUserSecret) []any {
	if s == nil {
		return []any{}
	}
	return aws.Block(map[string]any{"kms_key_id": s.KmsKeyId, "secret_arn": s.SecretArn})
}
