package awsconfig

import (
	"errors"

	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
)

// instanceKeys says which keys the attributes of a database instance are made of.
var instanceKeys = map[string]string{
	"address":                             "endpoint",
	"allocated_storage":                   "allocatedStorage",
	"auto_minor_version_upgrade":          "autoMinorVersionUpgrade",
	"availability_zone":                   "availabilityZone",
	"backup_retention_period":             "backupRetentionPeriod",
	"backup_window":                       "preferredBackupWindow",
	"ca_cert_identifier":                  "cACertificateIdentifier",
	"copy_tags_to_snapshot":               "copyTagsToSnapshot",
	"db_name":                             "dBName",
	"db_subnet_group_name":                "dBSubnetGroup",
	"deletion_protection":                 "deletionProtection",
	"enabled_cloudwatch_logs_exports":     "enabledCloudwatchLogsExports",
	"engine":                              "engine",
	"engine_version_actual":               "engineVersion",
	"iam_database_authentication_enabled": "iAMDatabaseAuthenticationEnabled",
	"identifier":                          "dBInstanceIdentifier",
	"instance_class":                      "dBInstanceClass",
	"kms_key_id":                          "kmsKeyId",
	"license_model":                       "licenseModel",
	"maintenance_window":                  "preferredMaintenanceWindow",
	"max_allocated_storage":               "maxAllocatedStorage",
	"monitoring_interval":                 "monitoringInterval",
	"monitoring_role_arn":                 "monitoringRoleArn",
	"multi_az":                            "multiAZ",
	"option_group_name":                   "optionGroupMemberships",
	"parameter_group_name":                "dBParameterGroups",
	"performance_insights_enabled":        "performanceInsightsEnabled",
	"performance_insights_kms_key_id":     "performanceInsightsKMSKeyId",
	"port":                                "endpoint",
	"publicly_accessible":                 "publiclyAccessible",
	"replicate_source_db":                 "readReplicaSourceDBInstanceIdentifier",
	"resource_id":                         "dbiResourceId",
	"storage_encrypted":                   "storageEncrypted",
	"storage_type":                        "storageType",
	"tags":                                "tagList",
	"username":                            "masterUsername",
	"vpc_security_group_ids":              "vpcSecurityGroups",
}

func rdsTypes() []Type {
	paths := []string{"arn"}
	for name := range instanceKeys {
		paths = append(paths, name)
	}
	return []Type{
		{
			Type: aws.Type{Name: "aws_db_instance", Filled: paths}, Config: "AWS::RDS::DBInstance",
			read: func(it *item) ([]entry, error) {
				if it.text("dBClusterIdentifier") != "" {
					return nil, nil // aws_rds_cluster_instance
				}
				db, known := decode[rdstypes.DBInstance](it, keysOf(instanceKeys))
				if db.DbiResourceId == nil {
					return nil, errors.New("it has no dbiResourceId")
				}
				db.DBInstanceArn = &it.ARN
				e := pick(collect.DBInstanceItem(db), instanceKeys, known, paths)
				e.tags(it)
				return []entry{e}, nil
			},
		},
		// Clusters came later and have dbclusterArn where instances have dBInstanceArn.
		single("aws_rds_cluster", "AWS::RDS::DBCluster", aws.Regional, "dbclusterIdentifier", map[string]value{
			"availability_zones":                  texts("availabilityZones"),
			"backup_retention_period":             number("backupRetentionPeriod"),
			"cluster_identifier":                  text("dbclusterIdentifier"),
			"cluster_resource_id":                 text("dbClusterResourceId"),
			"copy_tags_to_snapshot":               boolean("copyTagsToSnapshot"),
			"db_subnet_group_name":                text("dbsubnetGroup"),
			"deletion_protection":                 boolean("deletionProtection"),
			"enabled_cloudwatch_logs_exports":     texts("enabledCloudwatchLogsExports"),
			"engine":                              text("engine"),
			"engine_mode":                         text("engineMode"),
			"engine_version_actual":               text("engineVersion"),
			"iam_database_authentication_enabled": boolean("iamdatabaseAuthenticationEnabled"),
			"kms_key_id":                          text("kmsKeyId"),
			"master_username":                     text("masterUsername"),
			"port":                                number("port"),
			"preferred_backup_window":             text("preferredBackupWindow"),
			"preferred_maintenance_window":        text("preferredMaintenanceWindow"),
			"storage_encrypted":                   boolean("storageEncrypted"),
			"tags":                                tagged,
			"vpc_security_group_ids":              texts("vpcSecurityGroups", "vpcSecurityGroupId"),
		}, notRDS),
	}
}

// notRDS tells clusters of Neptune and DocumentDB, which RDS lists as well.
func notRDS(it *item) bool {
	engine := it.text("engine")
	return engine == "neptune" || engine == "docdb"
}
