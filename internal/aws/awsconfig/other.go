package awsconfig

import (
	"github.com/parapet-dev/parapet/internal/aws"
)

func otherTypes() []Type {
	return []Type{
		trail(),
		kmsKey(),
		loadBalancer(),
		// Environment variables are not recorded.
		single("aws_lambda_function", "AWS::Lambda::Function", aws.Regional, "functionName", map[string]value{
			"architectures": texts("architectures"),
			"dead_letter_config": block("deadLetterConfig", map[string]value{
				"target_arn": text("targetArn"),
			}),
			"description":                    text("description"),
			"function_name":                  text("functionName"),
			"handler":                        nonEmpty("handler"),
			"kms_key_arn":                    nonEmpty("kmskeyArn"),
			"memory_size":                    number("memorySize"),
			"package_type":                   text("packageType"),
			"reserved_concurrent_executions": number("+Concurrency.reservedConcurrentExecutions"),
			"role":                           text("role"),
			"runtime":                        nonEmpty("runtime"),
			"tags":                           tagged,
			"timeout":                        number("timeout"),
			"tracing_config":                 block("tracingConfig", map[string]value{"mode": text("mode")}),
			"vpc_config":                     functionNetwork,
		}),
		// Attributes have the API's own names here, and numbers a fraction.
		single("aws_sns_topic", "AWS::SNS::Topic", aws.Regional, "TopicArn", map[string]value{
			"display_name":      text("DisplayName"),
			"kms_master_key_id": text("KmsMasterKeyId"),
			"owner":             text("Owner"),
			"policy":            policy("Policy"),
			"tags":              tagged,
		}),
		single("aws_dynamodb_table", "AWS::DynamoDB::Table", aws.Regional, "tableName", map[string]value{
			"billing_mode": text("billingModeSummary.billingMode"),
			"name":         text("tableName"),
			"point_in_time_recovery": block("+ContinuousBackupsDescription.pointInTimeRecoveryDescription", map[string]value{
				"enabled": is("pointInTimeRecoveryStatus", "ENABLED"),
			}),
			// The default encryption, by a key of the service, has no description.
			"server_side_encryption": block("ssedescription", map[string]value{
				"enabled":     is("status", "ENABLED"),
				"kms_key_arn": text("kmsmasterKeyArn"),
			}),
			"tags": tagged,
		}),
	}
}

// trail: a trail of all Regions is listed in each; it belongs to its home.
func trail() Type {
	return single("aws_cloudtrail", "AWS::CloudTrail::Trail", aws.Regional, "trailARN", map[string]value{
		"cloud_watch_logs_group_arn":    text("cloudWatchLogsLogGroupArn"),
		"cloud_watch_logs_role_arn":     text("cloudWatchLogsRoleArn"),
		"enable_log_file_validation":    boolean("logFileValidationEnabled"),
		"home_region":                   text("homeRegion"),
		"include_global_service_events": boolean("includeGlobalServiceEvents"),
		"is_multi_region_trail":         boolean("isMultiRegionTrail"),
		"is_organization_trail":         boolean("isOrganizationTrail"),
		"kms_key_id":                    text("kmsKeyId"),
		"name":                          text("name"),
		"s3_bucket_name":                text("s3BucketName"),
		"s3_key_prefix":                 text("s3KeyPrefix"),
		"tags":                          tagged,
	}, func(it *item) bool {
		home := it.text("homeRegion")
		return home != "" && home != it.place
	})
}

// kmsKey: keys that AWS keeps for its services are nobody's resources, and a key
// that waits for its deletion is gone to the provider. Only symmetric keys that
// KMS made have a rotation status; the others do not rotate.
func kmsKey() Type {
	return single("aws_kms_key", "AWS::KMS::Key", aws.Regional, "keyId", map[string]value{
		"custom_key_store_id":      text("customKeyStoreId"),
		"customer_master_key_spec": text("customerMasterKeySpec"),
		"description":              text("description"),
		"enable_key_rotation":      rotation,
		"is_enabled":               boolean("enabled"),
		"key_id":                   text("keyId"),
		"key_usage":                text("keyUsage"),
		"multi_region":             boolean("multiRegion"),
		"policy":                   policy("+Policy"),
		"tags":                     tagged,
	}, func(it *item) bool {
		state := it.text("keyState")
		return it.text("keyManager") == "AWS" || state == "PendingDeletion" || state == "PendingReplicaDeletion"
	})
}

func rotation(it *item) (any, []string) {
	spec, origin := it.text("customerMasterKeySpec"), it.text("origin")
	if spec != "" && spec != "SYMMETRIC_DEFAULT" || origin != "" && origin != "AWS_KMS" {
		return false, whole
	}
	return boolean("+KeyRotationStatus")(it)
}

// functionNetwork is the network of a function; without one, its lists are empty.
func functionNetwork(it *item) (any, []string) {
	v, ok := it.get("vpcConfig")
	if ok && v == nil {
		return aws.Block(nil), whole
	}
	groups, known := texts("vpcConfig.securityGroupIds")(it)
	subnets, alsoKnown := texts("vpcConfig.subnetIds")(it)
	if !ok || known == nil || alsoKnown == nil {
		return nil, nil
	}
	if s, _ := subnets.([]any); len(s) == 0 {
		return aws.Block(nil), whole
	}
	return aws.Block(map[string]any{"security_group_ids": groups, "subnet_ids": subnets}),
		[]string{"[].security_group_ids", "[].subnet_ids"}
}

// loadBalancer: attributes are a list of keys and values beside the
// configuration.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func loadBalancer() Type {
	t := single("aws_lb", "AWS::ElasticLoadBalancingV2::LoadBalancer", aws.Regional, "loadBalancerArn", map[string]value{
		"access_logs":                      accessLogs,
		"client_keep_alive":                setting("client_keep_alive.seconds", toNumber),
		"desync_mitigation_mode":           setting("routing.http.desync_mitigation_mode", toText),
		"dns_name":                         text("dNSName"),
		"drop_invalid_header_fields":       setting("routing.http.drop_invalid_header_fields.enabled", toBool),
		"enable_cross_zone_load_balancing": setting("load_balancing.cross_zone.enabled", toBool),
		"enable_deletion_protection":       setting("deletion_protection.enabled", toBool),
		"enable_http2":                     setting("routing.http2.enabled", toBool),
		"idle_timeout":                     setting("idle_timeout.timeout_seconds", toNumber),
		"internal":                         is("scheme", "internal"),
		"ip_address_type":                  text("ipAddressType"),
		"load_balancer_type":               text("type"),
		"name":                             text("loadBalancerName"),
		"security_groups":                  texts("securityGroups"),
		"subnets":                          texts("availabilityZones", "subnetId"),
		"tags":                             tagged,
		"vpc_id":                           text("vpcId"),
		"zone_id":                          text("canonicalHostedZoneId"),
	})
	t.StandsFor = []string{"aws_alb"}
	return t
}

func toText(v any) (any, bool) { s, ok := v.(string); return s, ok }

// setting is one of a load balancer's attributes, which not every kind has.
func setting(key string, convert func(any) (any, bool)) value {
	return func(it *item) (any, []string) {
		attributes, _ := it.get("+LoadBalancerAttributes")
		pairs, ok := tagMap(attributes)
		v, there := pairs[key]
		if !ok || !there {
			return nil, nil
		}
		if v, ok = convert(v); !ok {
			return nil, nil
		}
		return v, whole
	}
}

func accessLogs(it *item) (any, []string) {
	enabled, known := setting("access_logs.s3.enabled", toBool)(it)
	if known == nil {
		return nil, nil
	}
	bucket, known := setting("access_logs.s3.bucket", toText)(it)
	prefix, alsoKnown := setting("access_logs.s3.prefix", toText)(it)
	if known == nil || alsoKnown == nil {
		return nil, nil
	}
	return aws.Block(map[string]any{"bucket": bucket, "enabled": enabled, "prefix": prefix}), whole
}
