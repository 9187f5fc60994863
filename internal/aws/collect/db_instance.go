package collect

import (
	"context"

	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func dbInstance() aws.Type {
	return aws.Type{
		Name:    "aws_db_instance",
		Service: "rds",
		Actions: []string{"rds:DescribeDBInstances"},
		Filled: []string{
			"address", "allocated_storage", "arn", "auto_minor_version_upgrade", "availability_zone", "backup_retention_period", "backup_window",
			"ca_cert_identifier", "copy_tags_to_snapshot", "db_name", "db_subnet_group_name", "deletion_protection",
			"enabled_cloudwatch_logs_exports", "engine", "engine_version_actual", "iam_database_authentication_enabled", "identifier",
			"instance_class", "kms_key_id", "license_model", "maintenance_window", "master_user_secret[].kms_key_id",
			"master_user_secret[].secret_arn", "max_allocated_storage", "monitoring_interval", "monitoring_role_arn", "multi_az",
			"network_type", "option_group_name", "parameter_group_name", "performance_insights_enabled", "performance_insights_kms_key_id",
			"port", "publicly_accessible", "replicate_source_db", "resource_id", "storage_encrypted", "storage_type", "tags", "username",
			"vpc_security_group_ids",
		},
		ConfigOnly: []string{
			"allow_major_version_upgrade", "apply_immediately", "blue_green_update", "delete_automated_backups", "final_snapshot_identifier",
			"identifier_prefix", "manage_master_user_password", "password", "password_wo", "password_wo_version", "restore_to_point_in_time",
			"s3_import", "skip_final_snapshot", "snapshot_identifier", "timeouts", "upgrade_storage_config",
		},
		Volatile: []string{"engine_version_actual", "latest_restorable_time", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := rdsInstances(ctx, s)
			if err != nil {
				return err
			}
			for _, d := range list {
				if d.DBClusterIdentifier != nil {
					continue // aws_rds_cluster_instance
				}
				out.Add(dbInstanceItem(d))
			}
			return nil
		},
	}
}

func dbInstanceItem(d rdstypes.DBInstance) aws.Item {
	v := map[string]any{
		"allocated_storage":                   d.AllocatedStorage,
		"auto_minor_version_upgrade":          d.AutoMinorVersionUpgrade,
		"availability_zone":                   d.AvailabilityZone,
		"backup_retention_period":             d.BackupRetentionPeriod,
		"backup_window":                       d.PreferredBackupWindow,
		"ca_cert_identifier":                  d.CACertificateIdentifier,
		"copy_tags_to_snapshot":               d.CopyTagsToSnapshot,
		"db_name":                             d.DBName,
		"deletion_protection":                 d.DeletionProtection,
		"enabled_cloudwatch_logs_exports":     aws.Set(d.EnabledCloudwatchLogsExports),
		"engine":                              d.Engine,
		"engine_version_actual":               d.EngineVersion,
		"iam_database_authentication_enabled": d.IAMDatabaseAuthenticationEnabled,
		"identifier":                          d.DBInstanceIdentifier,
		"instance_class":                      d.DBInstanceClass,
		"kms_key_id":                          d.KmsKeyId,
		"license_model":                       d.LicenseModel,
		"maintenance_window":                  d.PreferredMaintenanceWindow,
		"master_user_secret":                  rdsSecret(d.MasterUserSecret),
		"max_allocated_storage":               d.MaxAllocatedStorage,
		"monitoring_interval":                 d.MonitoringInterval,
		"monitoring_role_arn":                 d.MonitoringRoleArn,
		"multi_az":                            d.MultiAZ,
		"network_type":                        d.NetworkType,
		"performance_insights_enabled":        d.PerformanceInsightsEnabled,
		"performance_insights_kms_key_id":     d.PerformanceInsightsKMSKeyId,
		"publicly_accessible":                 d.PubliclyAccessible,
		"replicate_source_db":                 d.ReadReplicaSourceDBInstanceIdentifier,
		"resource_id":                         d.DbiResourceId,
		"storage_encrypted":                   d.StorageEncrypted,
		"storage_type":                        d.StorageType,
		"tags":                                rdsTags(d.TagList),
		"username":                            d.MasterUsername,
		"vpc_security_group_ids":              rdsSecurityGroups(d.VpcSecurityGroups),
	}
	if d.Endpoint != nil {
		v["address"], v["port"] = d.Endpoint.Address, d.Endpoint.Port
	}
	if d.DBSubnetGroup != nil {
		v["db_subnet_group_name"] = d.DBSubnetGroup.DBSubnetGroupName
	}
	if len(d.OptionGroupMemberships) > 0 {
		v["option_group_name"] = d.OptionGroupMemberships[0].OptionGroupName
	}
	if len(d.DBParameterGroups) > 0 {
		v["parameter_group_name"] = d.DBParameterGroups[0].DBParameterGroupName
	}
	// The provider's id is the resource id, which stays when the name changes.
	return aws.Item{ID: aws.String(d.DbiResourceId), ARN: aws.String(d.DBInstanceArn), Name: aws.String(d.DBInstanceIdentifier), Values: v}
}
