package collect

import (
	"context"

	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func rdsClusterInstance() aws.Type {
	return aws.Type{
		Name:    "aws_rds_cluster_instance",
		Service: "rds",
		Actions: []string{"rds:DescribeDBInstances"},
		Filled: []string{
			"arn", "auto_minor_version_upgrade", "availability_zone", "ca_cert_identifier", "cluster_identifier", "copy_tags_to_snapshot",
			"custom_iam_instance_profile", "db_parameter_group_name", "db_subnet_group_name", "dbi_resource_id", "endpoint", "engine",
			"engine_version_actual", "identifier", "instance_class", "kms_key_id", "monitoring_interval", "monitoring_role_arn",
			"network_type", "performance_insights_enabled", "performance_insights_kms_key_id", "performance_insights_retention_period",
			"port", "preferred_backup_window", "preferred_maintenance_window", "promotion_tier", "publicly_accessible",
			"storage_encrypted", "tags",
		},
		ConfigOnly: []string{"apply_immediately", "force_destroy", "identifier_prefix", "timeouts"},
		Volatile:   []string{"engine_version_actual", "writer"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := rdsInstances(ctx, s)
			if err != nil {
				return err
			}
			for _, d := range list {
				if d.DBClusterIdentifier != nil && rdsEngine(d.Engine) {
					out.Add(aws.Item{ID: aws.String(d.DBInstanceIdentifier), ARN: aws.String(d.DBInstanceArn), Values: rdsClusterInstanceValues(d)})
				}
			}
			return nil
		},
	}
}

func rdsClusterInstanceValues(d rdstypes.DBInstance) map[string]any {
	v := map[string]any{
		"auto_minor_version_upgrade":            d.AutoMinorVersionUpgrade,
		"availability_zone":                     d.AvailabilityZone,
		"ca_cert_identifier":                    d.CACertificateIdentifier,
		"cluster_identifier":                    d.DBClusterIdentifier,
		"copy_tags_to_snapshot":                 d.CopyTagsToSnapshot,
		"custom_iam_instance_profile":           d.CustomIamInstanceProfile,
		"dbi_resource_id":                       d.DbiResourceId,
		"engine":                                d.Engine,
		"engine_version_actual":                 d.EngineVersion,
		"identifier":                            d.DBInstanceIdentifier,
		"instance_class":                        d.DBInstanceClass,
		"kms_key_id":                            d.KmsKeyId,
		"monitoring_interval":                   d.MonitoringInterval,
		"monitoring_role_arn":                   d.MonitoringRoleArn,
		"network_type":                          d.NetworkType,
		"performance_insights_enabled":          d.PerformanceInsightsEnabled,
		"performance_insights_kms_key_id":       d.PerformanceInsightsKMSKeyId,
		"performance_insights_retention_period": d.PerformanceInsightsRetentionPeriod,
		"preferred_backup_window":               d.PreferredBackupWindow,
		"preferred_maintenance_window":          d.PreferredMaintenanceWindow,
		"promotion_tier":                        d.PromotionTier,
		"publicly_accessible":                   d.PubliclyAccessible,
		"storage_encrypted":                     d.StorageEncrypted,
		"tags":                                  rdsTags(d.TagList),
	}
	if d.Endpoint != nil {
		v["endpoint"], v["port"] = d.Endpoint.Address, d.Endpoint.Port
	}
	if d.DBSubnetGroup != nil {
		v["db_subnet_group_name"] = d.DBSubnetGroup.DBSubnetGroupName
	}
	if len(d.DBParameterGroups) > 0 {
		v["db_parameter_group_name"] = d.DBParameterGroups[0].DBParameterGroupName
	}
	return v
}
