package collect

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestRedshift: the provider finds the mock's clusters never available. A cluster
// that does not tell whether it logs loses that block only.
func TestRedshift(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("redshift:DescribeClusters", tftest.Answer{Body: `<DescribeClustersResponse><DescribeClustersResult><Clusters>
		<Cluster><ClusterIdentifier>a</ClusterIdentifier><Encrypted>true</Encrypted><KmsKeyId>k</KmsKeyId><PubliclyAccessible>true</PubliclyAccessible>
			<NumberOfNodes>2</NumberOfNodes><NodeType>ra3.xlplus</NodeType><MultiAZ>Enabled</MultiAZ><EnhancedVpcRouting>false</EnhancedVpcRouting>
			<Endpoint><Address>a.example</Address><Port>5439</Port></Endpoint><AutomatedSnapshotRetentionPeriod>7</AutomatedSnapshotRetentionPeriod>
			<AvailabilityZoneRelocationStatus>disabled</AvailabilityZoneRelocationStatus>
			<VpcSecurityGroups><VpcSecurityGroup><VpcSecurityGroupId>sg-1</VpcSecurityGroupId></VpcSecurityGroup></VpcSecurityGroups>
			<Tags><Tag><Key>Owner</Key><Value>me</Value></Tag></Tags></Cluster>
		<Cluster><ClusterIdentifier>b</ClusterIdentifier><NumberOfNodes>1</NumberOfNodes></Cluster>
		</Clusters></DescribeClustersResult></DescribeClustersResponse>`})
	fake.On("redshift:DescribeLoggingStatus", func(c tftest.Call) tftest.Answer {
		if c.Form.Get("ClusterIdentifier") == "b" {
			return tftest.QueryError(403, "AccessDenied", "User is not authorized to perform this with an explicit deny in a service control policy")
		}
		return tftest.Answer{Body: `<DescribeLoggingStatusResponse><DescribeLoggingStatusResult><LoggingEnabled>true</LoggingEnabled>
			<BucketName>logs</BucketName><S3KeyPrefix>r/</S3KeyPrefix></DescribeLoggingStatusResult></DescribeLoggingStatusResponse>`}
	})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_redshift_cluster")["aws_redshift_cluster"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	if g := got.Gaps[0]; g.ID != "b" || g.Status != aws.DeniedBySCP || !slices.Equal(g.Attributes, []string{"logging"}) {
		t.Errorf("the gap is %+v", g)
	}
	if b := got.Resources[1]; !resource.Marked(b.Unknown, resource.Path{"logging"}) || b.Values["cluster_type"] != "single-node" {
		t.Errorf("%+v", b)
	}
	same(t, got.Resources[0].Values, `{
		"id": "a", "arn": "arn:aws:redshift:us-east-1:111111111111:cluster:a", "automated_snapshot_retention_period": 7,
		"availability_zone_relocation_enabled": false, "cluster_identifier": "a", "cluster_type": "multi-node", "dns_name": "a.example",
		"encrypted": true, "endpoint": "a.example:5439", "enhanced_vpc_routing": false, "iam_roles": [], "kms_key_id": "k",
		"logging": [{"bucket_name": "logs", "enable": true, "log_destination_type": "", "log_exports": [], "s3_key_prefix": "r/"}],
		"multi_az": true, "node_type": "ra3.xlplus", "number_of_nodes": 2, "port": 5439, "publicly_accessible": true, "snapshot_copy": [],
		"tags": {"Owner": "me"}, "tags_all": {"Owner": "me"}, "vpc_security_group_ids": ["sg-1"]}`)
}
