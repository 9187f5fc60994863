package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestElastiCacheGroup: the mock's groups have no members, without which the
// provider reads none. The booleans that the provider keeps as text are text.
func TestElastiCacheGroup(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("elasticache:DescribeReplicationGroups", tftest.Answer{Body: `<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult><ReplicationGroups>
		<ReplicationGroup><ReplicationGroupId>g</ReplicationGroupId><ARN>arn:aws:elasticache:us-east-1:111111111111:replicationgroup:g</ARN>
			<Description>of the test</Description><AtRestEncryptionEnabled>true</AtRestEncryptionEnabled><TransitEncryptionEnabled>false</TransitEncryptionEnabled>
			<AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade><AutomaticFailover>enabled</AutomaticFailover><MultiAZ>disabled</MultiAZ>
			<ClusterEnabled>false</ClusterEnabled><CacheNodeType>cache.t3.micro</CacheNodeType><SnapshotRetentionLimit>5</SnapshotRetentionLimit>
			<MemberClusters><ClusterId>g-002</ClusterId><ClusterId>g-001</ClusterId></MemberClusters>
			<NodeGroups><NodeGroup><PrimaryEndpoint><Address>p.example</Address><Port>6379</Port></PrimaryEndpoint><ReaderEndpoint><Address>r.example</Address></ReaderEndpoint>
				<NodeGroupMembers><NodeGroupMember/><NodeGroupMember/></NodeGroupMembers></NodeGroup></NodeGroups>
			<LogDeliveryConfigurations><LogDeliveryConfiguration><LogType>slow-log</LogType><LogFormat>json</LogFormat><DestinationType>cloudwatch-logs</DestinationType>
				<DestinationDetails><CloudWatchLogsDetails><LogGroup>slow</LogGroup></CloudWatchLogsDetails></DestinationDetails></LogDeliveryConfiguration></LogDeliveryConfigurations>
		</ReplicationGroup></ReplicationGroups></DescribeReplicationGroupsResult></DescribeReplicationGroupsResponse>`})
	fake.Always("elasticache:DescribeCacheClusters", tftest.Answer{Body: `<DescribeCacheClustersResponse><DescribeCacheClustersResult><CacheClusters>
		<CacheCluster><CacheClusterId>g-001</CacheClusterId><ReplicationGroupId>g</ReplicationGroupId></CacheCluster>
		<CacheCluster><CacheClusterId>m</CacheClusterId><ARN>arn:aws:elasticache:us-east-1:111111111111:cluster:m</ARN><Engine>memcached</Engine>
			<ConfigurationEndpoint><Address>c.example</Address><Port>11211</Port></ConfigurationEndpoint></CacheCluster>
		</CacheClusters></DescribeCacheClustersResult></DescribeCacheClustersResponse>`})
	fake.Always("elasticache:ListTagsForResource", tftest.Answer{Body: `<ListTagsForResourceResponse><ListTagsForResourceResult><TagList>
		<Tag><Key>Owner</Key><Value>me</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_elasticache_replication_group", "aws_elasticache_cluster")
	groups, clusters := got["aws_elasticache_replication_group"], got["aws_elasticache_cluster"]
	if groups.Status != aws.Complete || len(groups.Resources) != 1 {
		t.Fatalf("%+v", groups)
	}
	same(t, groups.Resources[0].Values, `{
		"id": "g", "arn": "arn:aws:elasticache:us-east-1:111111111111:replicationgroup:g", "at_rest_encryption_enabled": "true",
		"auto_minor_version_upgrade": "false", "automatic_failover_enabled": true, "cluster_enabled": false, "cluster_mode": "",
		"data_tiering_enabled": false, "description": "of the test", "ip_discovery": "", "member_clusters": ["g-001", "g-002"],
		"log_delivery_configuration": [{"destination": "slow", "destination_type": "cloudwatch-logs", "log_format": "json", "log_type": "slow-log"}],
		"multi_az_enabled": false, "network_type": "", "node_type": "cache.t3.micro", "num_cache_clusters": 2, "num_node_groups": 1, "port": 6379,
		"primary_endpoint_address": "p.example", "reader_endpoint_address": "r.example", "replicas_per_node_group": 1,
		"replication_group_id": "g", "snapshot_retention_limit": 5, "tags": {"Owner": "me"}, "tags_all": {"Owner": "me"},
		"transit_encryption_enabled": false, "transit_encryption_mode": "", "user_group_ids": []}`)
	if clusters.Status != aws.Complete || len(clusters.Resources) != 1 || clusters.Resources[0].ID != "m" {
		t.Fatalf("the members of the group are not left to it: %+v", clusters)
	}
	if e := clusters.Resources[0].Values["configuration_endpoint"]; e != "c.example:11211" {
		t.Errorf("the endpoint is %v", e)
	}
}
