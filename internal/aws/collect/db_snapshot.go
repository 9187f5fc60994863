package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// rdsManual selects the snapshots that somebody made. Only they can be shared;
// RDS makes and deletes the others as the database's settings say.
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
const rdsManual = "manual"

// rdsRestore is the attribute of a snapshot that names who may restore it.
const rdsRestore = "restore"

func dbSnapshot() aws.Type {
	return aws.Type{
		Name:    "aws_db_snapshot",
		Service: "rds",
		Actions: []string{"rds:DescribeDBSnapshotAttributes", "rds:DescribeDBSnapshots"},
		Filled: []string{
			"allocated_storage", "availability_zone", "db_instance_identifier", "db_snapshot_arn", "db_snapshot_identifier", "encrypted",
			"engine", "engine_version", "iops", "kms_key_id", "license_model", "option_group_name", "port", "shared_accounts",
			"snapshot_type", "source_db_snapshot_identifier", "source_region", "status", "storage_type", "tags", "vpc_id",
		},
		ConfigOnly: []string{"timeouts"},
		Volatile:   []string{"status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, rds.NewFromConfig)
			kind := rdsManual
			var list []rdstypes.DBSnapshot
			p := rds.NewDescribeDBSnapshotsPaginator(c, &rds.DescribeDBSnapshotsInput{SnapshotType: &kind})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.DBSnapshots...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d rdstypes.DBSnapshot) error {
				it := aws.Item{ID: aws.String(d.DBSnapshotIdentifier), ARN: aws.String(d.DBSnapshotArn), Values: dbSnapshotValues(d)}
				got, err := c.DescribeDBSnapshotAttributes(ctx, &rds.DescribeDBSnapshotAttributesInput{DBSnapshotIdentifier: d.DBSnapshotIdentifier})
				switch {
				case aws.Is(err, "DBSnapshotNotFound"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, "shared_accounts"); err != nil {
						return err
					}
				case got.DBSnapshotAttributesResult != nil:
					for _, a := range got.DBSnapshotAttributesResult.DBSnapshotAttributes {
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

func dbSnapshotValues(d rdstypes.DBSnapshot) map[string]any {
	return map[string]any{
		"allocated_storage":             d.AllocatedStorage,
		"availability_zone":             d.AvailabilityZone,
		"db_instance_identifier":        d.DBInstanceIdentifier,
		"db_snapshot_arn":               d.DBSnapshotArn,
		"db_snapshot_identifier":        d.DBSnapshotIdentifier,
		"encrypted":                     d.Encrypted,
		"engine":                        d.Engine,
		"engine_version":                d.EngineVersion,
		"iops":                          d.Iops,
		"kms_key_id":                    d.KmsKeyId,
		"license_model":                 d.LicenseModel,
		"option_group_name":             d.OptionGroupName,
		"port":                          d.Port,
		"snapshot_type":                 d.SnapshotType,
		"source_db_snapshot_identifier": d.SourceDBSnapshotIdentifier,
		"source_region":                 d.SourceRegion,
		"status":                        d.Status,
		"storage_type":                  d.StorageType,
		"tags":                          rdsTags(d.TagList),
		"vpc_id":                        d.VpcId,
	}
}
