package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestRDSEngines: RDS's API tells of DocumentDB's and Neptune's clusters too,
// which the mock does not hold. Each goes to its own type, by one list.
func TestRDSEngines(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("rds:DescribeDBClusters", tftest.Answer{Body: `<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters>
		<DBCluster><DBClusterIdentifier>a</DBClusterIdentifier><DBClusterArn>arn:aws:rds:us-east-1:111111111111:cluster:a</DBClusterArn><Engine>aurora-mysql</Engine></DBCluster>
		<DBCluster><DBClusterIdentifier>d</DBClusterIdentifier><DBClusterArn>arn:aws:rds:us-east-1:111111111111:cluster:d</DBClusterArn><Engine>docdb</Engine>
			<StorageEncrypted>true</StorageEncrypted><BackupRetentionPeriod>5</BackupRetentionPeriod><EngineVersion>5.0.0</EngineVersion><Port>27017</Port>
			<EnabledCloudwatchLogsExports><member>audit</member></EnabledCloudwatchLogsExports>
			<TagList><Tag><Key>Owner</Key><Value>me</Value></Tag><Tag><Key>aws:x</Key><Value>y</Value></Tag></TagList></DBCluster>
		<DBCluster><DBClusterIdentifier>n</DBClusterIdentifier><DBClusterArn>arn:aws:rds:us-east-1:111111111111:cluster:n</DBClusterArn><Engine>neptune</Engine></DBCluster>
		</DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_rds_cluster", "aws_docdb_cluster")
	own, documents := got["aws_rds_cluster"], got["aws_docdb_cluster"]
	if own.Status != aws.Complete || len(own.Resources) != 1 || own.Resources[0].ID != "a" {
		t.Errorf("%+v", own)
	}
	if documents.Status != aws.Complete || len(documents.Resources) != 1 {
		t.Fatalf("%+v", documents)
	}
	same(t, documents.Resources[0].Values, `{
		"id": "d", "arn": "arn:aws:rds:us-east-1:111111111111:cluster:d", "availability_zones": [], "backup_retention_period": 5,
		"cluster_identifier": "d", "cluster_members": [], "enabled_cloudwatch_logs_exports": ["audit"], "engine": "docdb",
		"engine_version": "5.0.0", "master_user_secret": [], "port": 27017, "storage_encrypted": true,
		"tags": {"Owner": "me"}, "tags_all": {"Owner": "me"}, "vpc_security_group_ids": []}`)
	if n := len(fake.Calls("rds:DescribeDBClusters")); n != 1 {
		t.Errorf("the clusters were listed %d times", n)
	}
}
