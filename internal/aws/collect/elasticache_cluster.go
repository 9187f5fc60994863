package collect

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elasticachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// elasticacheCluster reads the clusters that stand alone: the members of a
// replication group are the group's, aws_elasticache_replication_group.
func elasticacheCluster() aws.Type {
	return aws.Type{
		Name:    "aws_elasticache_cluster",
		Service: "elasticache",
		Actions: []string{"elasticache:DescribeCacheClusters", "elasticache:ListTagsForResource"},
		Filled: []string{
			"arn", "auto_minor_version_upgrade", "availability_zone", "cluster_address", "cluster_id", "configuration_endpoint", "engine",
			"engine_version_actual", "ip_discovery", "log_delivery_configuration", "maintenance_window", "network_type", "node_type",
			"notification_topic_arn", "num_cache_nodes", "parameter_group_name", "port", "preferred_outpost_arn",
			"replication_group_id", "security_group_ids", "snapshot_retention_limit", "snapshot_window", "subnet_group_name", "tags",
			"transit_encryption_enabled",
		},
		ConfigOnly: []string{
			"apply_immediately", "final_snapshot_identifier", "outpost_mode", "preferred_availability_zones", "snapshot_arns",
			"snapshot_name", "timeouts",
		},
		Volatile: []string{"engine_version_actual"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, elasticache.NewFromConfig)
			nodes := true
			var list []elasticachetypes.CacheCluster
			p := elasticache.NewDescribeCacheClustersPaginator(c, &elasticache.DescribeCacheClustersInput{ShowCacheNodeInfo: &nodes})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, d := range page.CacheClusters {
					if aws.String(d.ReplicationGroupId) == "" {
						list = append(list, d)
					}
				}
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d elasticachetypes.CacheCluster) error {
				it := aws.Item{ID: aws.String(d.CacheClusterId), ARN: aws.String(d.ARN), Values: elasticacheClusterValues(d)}
				if err := elasticacheTags(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func elasticacheClusterValues(d elasticachetypes.CacheCluster) map[string]any {
	v := map[string]any{
		"auto_minor_version_upgrade": boolText(d.AutoMinorVersionUpgrade),
		"availability_zone":          d.PreferredAvailabilityZone,
		"cluster_id":                 d.CacheClusterId,
		"engine":                     d.Engine,
		"engine_version_actual":      d.EngineVersion,
		"ip_discovery":               d.IpDiscovery,
		"log_delivery_configuration": elasticacheLogs(d.LogDeliveryConfigurations),
		"maintenance_window":         d.PreferredMaintenanceWindow,
		"network_type":               d.NetworkType,
		"node_type":                  d.CacheNodeType,
		"num_cache_nodes":            d.NumCacheNodes,
		"preferred_outpost_arn":      d.PreferredOutpostArn,
		"snapshot_retention_limit":   d.SnapshotRetentionLimit,
		"snapshot_window":            d.SnapshotWindow,
		"subnet_group_name":          d.CacheSubnetGroupName,
		"transit_encryption_enabled": d.TransitEncryptionEnabled,
	}
	if n := d.NotificationConfiguration; n != nil && aws.String(n.TopicStatus) == "active" {
		v["notification_topic_arn"] = n.TopicArn
	}
	if d.CacheParameterGroup != nil {
		v["parameter_group_name"] = d.CacheParameterGroup.CacheParameterGroupName
	}
	groups := make([]string, len(d.SecurityGroups))
	for i, g := range d.SecurityGroups {
		groups[i] = aws.String(g.SecurityGroupId)
	}
	v["security_group_ids"] = aws.Set(groups)
	switch e := d.ConfigurationEndpoint; {
	case e != nil: // Memcached's
		v["cluster_address"], v["port"] = e.Address, e.Port
		if e.Port != nil {
			v["configuration_endpoint"] = fmt.Sprintf("%s:%d", aws.String(e.Address), *e.Port)
		}
	case len(d.CacheNodes) > 0 && d.CacheNodes[0].Endpoint != nil:
		v["port"] = d.CacheNodes[0].Endpoint.Port
	}
	return v
}
