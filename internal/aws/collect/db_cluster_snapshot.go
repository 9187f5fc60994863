package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// dbClusterSnapshot reads the snapshots of clusters that somebody made, those of
// DocumentDB and Neptune too, which are shared in the same way.
func dbClusterSnapshot() aws.Type {
	return aws.Type{
		Name:    "aws_db_cluster_snapshot",
		Service: "rds",
		Actions: []string{"rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBClusterSnapshots"},
		Filled: []string{
			"allocated_storage", "availability_zones", "db_cluster_identifier", "db_cluster_snapshot_arn", "db_cluster_snapshot_identifier",
			"engine", "engine_version", "kms_key_id", "license_model", "port", "shared_accounts", "snapshot_type",
			"source_db_cluster_snapshot_arn", "status", "storage_encrypted", "tags", "vpc_id",
		},
		ConfigOnly: []string{"timeouts"},
		Volatile:   []string{"status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, rds.NewFromConfig)
			kind := rdsManual
			var list []rdstypes.DBClusterSnapshot
			p := rds.NewDescribeDBClusterSnapshotsPaginator(c, &rds.DescribeDBClusterSnapshotsInput{SnapshotType: &kind})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.DBClusterSnapshots...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d rdstypes.DBClusterSnapshot) error {
				it := aws.Item{ID: aws.String(d.DBClusterSnapshotIdentifier), ARN: aws.String(d.DBClusterSnapshotArn), Values: dbClusterSnapshotValues(d)}
				got, err := c.DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: d.DBClusterSnapshotIdentifier})
				switch {
				case aws.Is(err, "DBClusterSnapshotNotFoundFault"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, "shared_accounts"); err != nil {
						return err
					}
				case got.DBClusterSnapshotAttributesResult != nil:
					for _, a := range got.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes {
						if aws.String(a.AttributeName) == rdsRestore {
							it.Values["shared_accounts"] = aws.Set(a.AttributeValues)
						}
					}
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func dbClusterSnapshotValues(d rdstypes.DBClusterSnapshot) map[string]any {
	return map[string]any{
		"allocated_storage":              d.AllocatedStorage,
		"availability_zones":             d.AvailabilityZones,
		"db_cluster_identifier":          d.DBClusterIdentifier,
		"db_cluster_snapshot_arn":        d.DBClusterSnapshotArn,
		"db_cluster_snapshot_identifier": d.DBClusterSnapshotIdentifier,
		"engine":                         d.Engine,
		"engine_version":                 d.EngineVersion,
		"kms_key_id":                     d.KmsKeyId,
		"license_model":                  d.LicenseModel,
		"port":                           d.Port,
		"snapshot_type":                  d.SnapshotType,
		"source_db_cluster_snapshot_arn": d.SourceDBClusterSnapshotArn,
		"status":                         d.Status,
		"storage_encrypted":              d.StorageEncrypted,
		"tags":                           rdsTags(d.TagList),
		"vpc_id":                         d.VpcId,
	}
}
