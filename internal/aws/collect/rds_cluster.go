package collect

import (
	"context"

	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func rdsCluster() aws.Type {
	return aws.Type{
		Name:    "aws_rds_cluster",
		Service: "rds",
		Actions: []string{"rds:DescribeDBClusters"},
		Filled: []string{
			"allocated_storage", "arn", "availability_zones", "backtrack_window", "backup_retention_period", "ca_certificate_identifier",
			"cluster_identifier", "cluster_members", "cluster_resource_id", "cluster_scalability_type", "copy_tags_to_snapshot",
			"database_insights_mode", "database_name", "db_cluster_instance_class", "db_cluster_parameter_group_name",
			"db_subnet_group_name", "db_system_id", "deletion_protection", "domain", "domain_iam_role_name", "enable_http_endpoint",
			"enabled_cloudwatch_logs_exports", "endpoint", "engine", "engine_lifecycle_support", "engine_mode", "engine_version_actual",
			"hosted_zone_id", "iam_database_authentication_enabled", "iam_roles", "iops", "kms_key_id", "master_user_secret[].kms_key_id",
			"master_user_secret[].secret_arn", "master_username", "monitoring_interval", "monitoring_role_arn", "network_type",
			"performance_insights_enabled", "performance_insights_kms_key_id", "performance_insights_retention_period", "port",
			"preferred_backup_window", "preferred_maintenance_window", "reader_endpoint", "replication_source_identifier",
			"scaling_configuration", "serverlessv2_scaling_configuration", "storage_encrypted", "storage_type", "tags",
			"vpc_security_group_ids",
		},
		ConfigOnly: []string{
			"allow_major_version_upgrade", "apply_immediately", "cluster_identifier_prefix", "db_instance_parameter_group_name",
			"delete_automated_backups", "enable_global_write_forwarding", "enable_local_write_forwarding", "final_snapshot_identifier",
			"manage_master_user_password", "master_password", "master_password_wo", "master_password_wo_version",
			"restore_to_point_in_time", "s3_import", "skip_final_snapshot", "snapshot_identifier", "source_region", "timeouts",
		},
		Overlap:  []string{"iam_roles"}, // aws_rds_cluster_role_association
		Volatile: []string{"cluster_members", "engine_version_actual"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := rdsClusters(ctx, s)
			if err != nil {
				return err
			}
			for _, c := range list {
				if rdsEngine(c.Engine) {
					out.Add(aws.Item{ID: aws.String(c.DBClusterIdentifier), ARN: aws.String(c.DBClusterArn), Values: rdsClusterValues(c)})
				}
			}
			return nil
		},
	}
}

func rdsClusterValues(c rdstypes.DBCluster) map[string]any {
	v := map[string]any{
		"allocated_storage":                     c.AllocatedStorage,
		"availability_zones":                    aws.Set(c.AvailabilityZones),
		"backtrack_window":                      c.BacktrackWindow,
		"backup_retention_period":               c.BackupRetentionPeriod,
		"cluster_identifier":                    c.DBClusterIdentifier,
		"cluster_members":                       rdsMembers(c),
		"cluster_resource_id":                   c.DbClusterResourceId,
		"cluster_scalability_type":              c.ClusterScalabilityType,
		"copy_tags_to_snapshot":                 c.CopyTagsToSnapshot,
		"database_insights_mode":                c.DatabaseInsightsMode,
		"database_name":                         c.DatabaseName,
		"db_cluster_instance_class":             c.DBClusterInstanceClass,
		"db_cluster_parameter_group_name":       c.DBClusterParameterGroup,
		"db_subnet_group_name":                  c.DBSubnetGroup,
		"db_system_id":                          c.DBSystemId,
		"deletion_protection":                   c.DeletionProtection,
		"enable_http_endpoint":                  c.HttpEndpointEnabled,
		"enabled_cloudwatch_logs_exports":       aws.Set(c.EnabledCloudwatchLogsExports),
		"endpoint":                              c.Endpoint,
		"engine":                                c.Engine,
		"engine_lifecycle_support":              c.EngineLifecycleSupport,
		"engine_mode":                           c.EngineMode,
		"engine_version_actual":                 c.EngineVersion,
		"hosted_zone_id":                        c.HostedZoneId,
		"iam_database_authentication_enabled":   c.IAMDatabaseAuthenticationEnabled,
		"iops":                                  c.Iops,
		"kms_key_id":                            c.KmsKeyId,
		"master_user_secret":                    rdsSecret(c.MasterUserSecret),
		"master_username":                       c.MasterUsername,
		"monitoring_interval":                   c.MonitoringInterval,
		"monitoring_role_arn":                   c.MonitoringRoleArn,
		"network_type":                          c.NetworkType,
		"performance_insights_enabled":          c.PerformanceInsightsEnabled,
		"performance_insights_kms_key_id":       c.PerformanceInsightsKMSKeyId,
		"performance_insights_retention_period": c.PerformanceInsightsRetentionPeriod,
		"port":                                  c.Port,
		"preferred_backup_window":               c.PreferredBackupWindow,
		"preferred_maintenance_window":          c.PreferredMaintenanceWindow,
		"reader_endpoint":                       c.ReaderEndpoint,
		"replication_source_identifier":         c.ReplicationSourceIdentifier,
		"storage_encrypted":                     c.StorageEncrypted,
		"storage_type":                          c.StorageType,
		"tags":                                  rdsTags(c.TagList),
		"vpc_security_group_ids":                rdsSecurityGroups(c.VpcSecurityGroups),
	}
	if c.CertificateDetails != nil {
		v["ca_certificate_identifier"] = c.CertificateDetails.CAIdentifier
	}
	if len(c.DomainMemberships) > 0 {
		v["domain"], v["domain_iam_role_name"] = c.DomainMemberships[0].Domain, c.DomainMemberships[0].IAMRoleName
	}
	roles := make([]string, len(c.AssociatedRoles))
	for i, r := range c.AssociatedRoles {
		roles[i] = aws.String(r.RoleArn)
	}
	v["iam_roles"] = aws.Set(roles)
	v["scaling_configuration"] = []any{}
	if x := c.ScalingConfigurationInfo; x != nil {
		v["scaling_configuration"] = aws.Block(map[string]any{
			"auto_pause":               x.AutoPause,
			"max_capacity":             x.MaxCapacity,
			"min_capacity":             x.MinCapacity,
			"seconds_before_timeout":   x.SecondsBeforeTimeout,
			"seconds_until_auto_pause": x.SecondsUntilAutoPause,
			"timeout_action":           x.TimeoutAction,
		})
	}
	v["serverlessv2_scaling_configuration"] = []any{}
	if x := c.ServerlessV2ScalingConfiguration; x != nil {
		v["serverlessv2_scaling_configuration"] = aws.Block(map[string]any{
			"max_capacity":             x.MaxCapacity,
			"min_capacity":             x.MinCapacity,
			"seconds_until_auto_pause": x.SecondsUntilAutoPause,
		})
	}
	return v
}

// rdsMembers makes the set of the names of a cluster's instances.
func rdsMembers(c rdstypes.DBCluster) []any {
	names := make([]string, len(c.DBClusterMembers))
	for i, m := range c.DBClusterMembers {
		names[i] = aws.String(m.DBInstanceIdentifier)
	}
	return aws.Set(names)
}
