package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elasticachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func elasticacheReplicationGroup() aws.Type {
	return aws.Type{
		Name:    "aws_elasticache_replication_group",
		Service: "elasticache",
		Actions: []string{"elasticache:DescribeReplicationGroups", "elasticache:ListTagsForResource"},
		// Networks, parameters and maintenance are told of the members only.
		Filled: []string{
			"arn", "at_rest_encryption_enabled", "auto_minor_version_upgrade", "automatic_failover_enabled", "cluster_enabled",
			"cluster_mode", "configuration_endpoint_address", "data_tiering_enabled", "description", "ip_discovery", "kms_key_id",
			"log_delivery_configuration", "member_clusters", "multi_az_enabled", "network_type", "node_type", "num_cache_clusters",
			"num_node_groups", "port", "primary_endpoint_address", "reader_endpoint_address", "replicas_per_node_group",
			"replication_group_id", "snapshot_retention_limit", "snapshot_window", "tags", "transit_encryption_enabled",
			"transit_encryption_mode", "user_group_ids",
		},
		ConfigOnly: []string{
			"apply_immediately", "auth_token", "auth_token_update_strategy", "final_snapshot_identifier", "preferred_cache_cluster_azs",
			"snapshot_arns", "snapshot_name", "timeouts",
		},
		Volatile: []string{"member_clusters"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, elasticache.NewFromConfig)
			var list []elasticachetypes.ReplicationGroup
			p := elasticache.NewDescribeReplicationGroupsPaginator(c, &elasticache.DescribeReplicationGroupsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.ReplicationGroups...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, g elasticachetypes.ReplicationGroup) error {
				it := aws.Item{ID: aws.String(g.ReplicationGroupId), ARN: aws.String(g.ARN), Values: elasticacheGroupValues(g)}
				if err := elasticacheTags(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func elasticacheGroupValues(g elasticachetypes.ReplicationGroup) map[string]any {
	v := map[string]any{
		"at_rest_encryption_enabled": boolText(g.AtRestEncryptionEnabled),
		"auto_minor_version_upgrade": boolText(g.AutoMinorVersionUpgrade),
		"automatic_failover_enabled": g.AutomaticFailover == elasticachetypes.AutomaticFailoverStatusEnabled ||
			g.AutomaticFailover == elasticachetypes.AutomaticFailoverStatusEnabling,
		"cluster_enabled":            g.ClusterEnabled,
		"cluster_mode":               g.ClusterMode,
		"data_tiering_enabled":       g.DataTiering == elasticachetypes.DataTieringStatusEnabled,
		"description":                g.Description,
		"ip_discovery":               g.IpDiscovery,
		"kms_key_id":                 g.KmsKeyId,
		"log_delivery_configuration": elasticacheLogs(g.LogDeliveryConfigurations),
		"member_clusters":            aws.Set(g.MemberClusters),
		"multi_az_enabled":           g.MultiAZ == elasticachetypes.MultiAZStatusEnabled,
		"network_type":               g.NetworkType,
		"node_type":                  g.CacheNodeType,
		"num_cache_clusters":         len(g.MemberClusters),
		"num_node_groups":            len(g.NodeGroups),
		"replication_group_id":       g.ReplicationGroupId,
		"snapshot_retention_limit":   g.SnapshotRetentionLimit,
		"snapshot_window":            g.SnapshotWindow,
		"transit_encryption_enabled": g.TransitEncryptionEnabled,
		"transit_encryption_mode":    g.TransitEncryptionMode,
		"user_group_ids":             aws.Set(g.UserGroupIds),
	}
	if len(g.NodeGroups) > 0 {
		n := g.NodeGroups[0]
		v["replicas_per_node_group"] = len(n.NodeGroupMembers) - 1
		if g.ConfigurationEndpoint == nil {
			if e := n.PrimaryEndpoint; e != nil {
				v["port"], v["primary_endpoint_address"] = e.Port, e.Address
			}
			if e := n.ReaderEndpoint; e != nil {
				v["reader_endpoint_address"] = e.Address
			}
		}
	}
	if e := g.ConfigurationEndpoint; e != nil {
		v["configuration_endpoint_address"], v["port"] = e.Address, e.Port
	}
	return v
}
