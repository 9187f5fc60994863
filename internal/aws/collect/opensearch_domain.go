package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	opensearchtypes "github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// opensearchDomain reads the domains of OpenSearch and of Elasticsearch, which
// are one service. It stands for no aws_elasticsearch_domain: that one calls the
// engine's version otherwise, and lacks other attributes.
func opensearchDomain() aws.Type {
	return aws.Type{
		Name:    "aws_opensearch_domain",
		Service: "es",
		Actions: []string{"es:DescribeDomain", "es:ListDomainNames", "es:ListTags"},
		Filled: []string{
			"access_policies", "advanced_options", "advanced_security_options[].anonymous_auth_enabled",
			"advanced_security_options[].enabled", "advanced_security_options[].internal_user_database_enabled", "arn",
			"cluster_config[].dedicated_master_count", "cluster_config[].dedicated_master_enabled",
			"cluster_config[].dedicated_master_type", "cluster_config[].instance_count", "cluster_config[].instance_type",
			"cluster_config[].multi_az_with_standby_enabled", "cluster_config[].warm_count", "cluster_config[].warm_enabled",
			"cluster_config[].warm_type", "cluster_config[].zone_awareness_config", "cluster_config[].zone_awareness_enabled",
			"cognito_options", "domain_endpoint_options", "domain_id", "domain_name", "ebs_options", "encrypt_at_rest", "endpoint",
			"engine_version", "ip_address_type", "log_publishing_options", "node_to_node_encryption", "snapshot_options",
			"software_update_options", "tags", "vpc_options",
		},
		ConfigOnly: []string{"advanced_security_options[].master_user_options", "timeouts"},
		Overlap:    []string{"access_policies"}, // aws_opensearch_domain_policy
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, opensearch.NewFromConfig)
			names, err := c.ListDomainNames(ctx, &opensearch.ListDomainNamesInput{}) // gives all at once
			if err != nil {
				return err
			}
			return aws.Each(ctx, out, names.DomainNames, func(ctx context.Context, n opensearchtypes.DomainInfo) error {
				name := aws.String(n.DomainName)
				arn := s.ARN("es", "domain/"+name)
				got, err := c.DescribeDomain(ctx, &opensearch.DescribeDomainInput{DomainName: &name})
				if aws.Is(err, "ResourceNotFoundException") || err == nil && got.DomainStatus == nil { // deleted meanwhile
					return nil
				}
				if err != nil {
					it := aws.Item{ID: arn, ARN: arn, Name: name, Values: map[string]any{"domain_name": name}}
					return unread(out, opensearchDomain().Filled, it, err)
				}
				d := got.DomainStatus
				it := aws.Item{ID: aws.String(d.ARN), ARN: aws.String(d.ARN), Name: name, Values: opensearchDomainValues(d)}
				tags, err := c.ListTags(ctx, &opensearch.ListTagsInput{ARN: d.ARN})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.Tags(tags.TagList, func(t opensearchtypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func opensearchDomainValues(d *opensearchtypes.DomainStatus) map[string]any {
	v := map[string]any{
		"access_policies":           aws.PolicyJSON(d.AccessPolicies),
		"advanced_options":          d.AdvancedOptions,
		"advanced_security_options": []any{},
		"cluster_config":            []any{},
		"cognito_options":           []any{},
		"domain_endpoint_options":   []any{},
		"domain_id":                 d.DomainId,
		"domain_name":               d.DomainName,
		"ebs_options":               []any{},
		"encrypt_at_rest":           []any{},
		"endpoint":                  d.Endpoint,
		"engine_version":            d.EngineVersion,
		"ip_address_type":           d.IPAddressType,
		"log_publishing_options":    opensearchLogs(d.LogPublishingOptions),
		"node_to_node_encryption":   []any{},
		"snapshot_options":          []any{},
		"software_update_options":   []any{},
		"vpc_options":               []any{},
	}
	if e := d.Endpoints["vpc"]; e != "" {
		v["endpoint"] = e
	}
	opensearchSecurity(d, v)
	if c := d.ClusterConfig; c != nil {
		v["cluster_config"] = aws.Block(opensearchMachines(c))
	}
	if e := d.EBSOptions; e != nil {
		v["ebs_options"] = aws.Block(map[string]any{
			"ebs_enabled": e.EBSEnabled, "iops": e.Iops, "throughput": e.Throughput, "volume_size": e.VolumeSize, "volume_type": e.VolumeType,
		})
	}
	if o := d.SnapshotOptions; o != nil {
		v["snapshot_options"] = aws.Block(map[string]any{"automated_snapshot_start_hour": o.AutomatedSnapshotStartHour})
	}
	if o := d.SoftwareUpdateOptions; o != nil {
		v["software_update_options"] = aws.Block(map[string]any{"auto_software_update_enabled": o.AutoSoftwareUpdateEnabled})
	}
	if n := d.VPCOptions; n != nil {
		v["vpc_options"] = aws.Block(map[string]any{
			"availability_zones": aws.Set(n.AvailabilityZones),
			"security_group_ids": aws.Set(n.SecurityGroupIds),
			"subnet_ids":         aws.Set(n.SubnetIds),
			"vpc_id":             n.VPCId,
		})
	}
	return v
}

// opensearchSecurity fills in who gets in, and how data and connections are
// encrypted.
func opensearchSecurity(d *opensearchtypes.DomainStatus, v map[string]any) {
	if o := d.AdvancedSecurityOptions; o != nil {
		block := map[string]any{"enabled": o.Enabled, "anonymous_auth_enabled": o.AnonymousAuthEnabled}
		if o.Enabled != nil && *o.Enabled {
			block["internal_user_database_enabled"] = o.InternalUserDatabaseEnabled
		}
		v["advanced_security_options"] = aws.Block(block)
	}
	if o := d.CognitoOptions; o != nil {
		block := map[string]any{"enabled": o.Enabled}
		if o.Enabled != nil && *o.Enabled {
			block["identity_pool_id"], block["role_arn"], block["user_pool_id"] = o.IdentityPoolId, o.RoleArn, o.UserPoolId
		}
		v["cognito_options"] = aws.Block(block)
	}
	if o := d.DomainEndpointOptions; o != nil {
		block := map[string]any{
			"custom_endpoint_enabled": o.CustomEndpointEnabled, "enforce_https": o.EnforceHTTPS, "tls_security_policy": o.TLSSecurityPolicy,
		}
		if o.CustomEndpointEnabled != nil && *o.CustomEndpointEnabled {
			block["custom_endpoint"], block["custom_endpoint_certificate_arn"] = o.CustomEndpoint, o.CustomEndpointCertificateArn
		}
		v["domain_endpoint_options"] = aws.Block(block)
	}
	if o := d.EncryptionAtRestOptions; o != nil {
		v["encrypt_at_rest"] = aws.Block(map[string]any{"enabled": o.Enabled, "kms_key_id": o.KmsKeyId})
	}
	if o := d.NodeToNodeEncryptionOptions; o != nil {
		v["node_to_node_encryption"] = aws.Block(map[string]any{"enabled": o.Enabled})
	}
}

func opensearchMachines(c *opensearchtypes.ClusterConfig) map[string]any {
	zones := []any{}
	if z := c.ZoneAwarenessConfig; z != nil && c.ZoneAwarenessEnabled != nil && *c.ZoneAwarenessEnabled {
		zones = aws.Block(map[string]any{"availability_zone_count": z.AvailabilityZoneCount})
	}
	return map[string]any{
		"dedicated_master_count":        c.DedicatedMasterCount,
		"dedicated_master_enabled":      c.DedicatedMasterEnabled,
		"dedicated_master_type":         c.DedicatedMasterType,
		"instance_count":                c.InstanceCount,
		"instance_type":                 c.InstanceType,
		"multi_az_with_standby_enabled": c.MultiAZWithStandbyEnabled,
		"warm_count":                    c.WarmCount,
		"warm_enabled":                  c.WarmEnabled,
		"warm_type":                     c.WarmType,
		"zone_awareness_config":         zones,
		"zone_awareness_enabled":        c.ZoneAwarenessEnabled,
	}
}

// opensearchLogs makes the set of the blocks log_publishing_options.
func opensearchLogs(logs map[string]opensearchtypes.LogPublishingOption) []any {
	list := make([]any, 0, len(logs))
	for kind, l := range logs {
		list = append(list, map[string]any{
			"cloudwatch_log_group_arn": l.CloudWatchLogsLogGroupArn, "enabled": l.Enabled, "log_type": kind,
		})
	}
	return aws.SortSet(list)
}
