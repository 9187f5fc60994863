package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// docdbCluster reads the clusters of DocumentDB by RDS's API, which is the same.
func docdbCluster() aws.Type {
	return aws.Type{
		Name:    "aws_docdb_cluster",
		Service: "rds",
		Actions: []string{"rds:DescribeDBClusters"},
		Filled: []string{
			"arn", "availability_zones", "backup_retention_period", "cluster_identifier", "cluster_members", "cluster_resource_id",
			"db_cluster_parameter_group_name", "db_subnet_group_name", "deletion_protection", "enabled_cloudwatch_logs_exports",
			"endpoint", "engine", "engine_version", "hosted_zone_id", "kms_key_id", "master_user_secret[].kms_key_id",
			"master_user_secret[].secret_arn", "master_username", "port", "preferred_backup_window", "preferred_maintenance_window",
			"reader_endpoint", "storage_encrypted", "storage_type", "tags", "vpc_security_group_ids",
		},
		ConfigOnly: []string{
			"allow_major_version_upgrade", "apply_immediately", "cluster_identifier_prefix", "final_snapshot_identifier",
			"manage_master_user_password", "master_password", "master_password_wo", "master_password_wo_version",
			"restore_to_point_in_time", "skip_final_snapshot", "snapshot_identifier", "timeouts",
		},
		Volatile: []string{"cluster_members"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := rdsClusters(ctx, s)
			if err != nil {
				return err
			}
			for _, c := range list {
				if aws.String(c.Engine) != "docdb" {
					continue
				}
				out.Add(aws.Item{ID: aws.String(c.DBClusterIdentifier), ARN: aws.String(c.DBClusterArn), Values: map[string]any{
					"availability_zones":              aws.Set(c.AvailabilityZones),
					"backup_retention_period":         c.BackupRetentionPeriod,
					"cluster_identifier":              c.DBClusterIdentifier,
					"cluster_members":                 rdsMembers(c),
					"cluster_resource_id":             c.DbClusterResourceId,
					"db_cluster_parameter_group_name": c.DBClusterParameterGroup,
					"db_subnet_group_name":            c.DBSubnetGroup,
					"deletion_protection":             c.DeletionProtection,
					"enabled_cloudwatch_logs_exports": c.EnabledCloudwatchLogsExports,
					"endpoint":                        c.Endpoint,
					"engine":                          c.Engine,
					"engine_version":                  c.EngineVersion,
					"hosted_zone_id":                  c.HostedZoneId,
					"kms_key_id":                      c.KmsKeyId,
					"master_user_secret":              rdsSecret(c.MasterUserSecret),
					"master_username":                 c.MasterUsername,
					"port":                            c.Port,
					"preferred_backup_window":         c.PreferredBackupWindow,
					"preferred_maintenance_window":    c.PreferredMaintenanceWindow,
					"reader_endpoint":                 c.ReaderEndpoint,
					"storage_encrypted":               c.StorageEncrypted,
					"storage_type":                    c.StorageType,
					"tags":                            rdsTags(c.TagList),
					"vpc_security_group_ids":          rdsSecurityGroups(c.VpcSecurityGroups),
				}})
			}
			return nil
		},
	}
}
