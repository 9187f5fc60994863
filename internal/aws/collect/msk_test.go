package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestMSK: the provider waits for the mock's clusters for minutes. A cluster
// without brokers of its own is another type.
func TestMSK(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("kafka:GET /api/v2/clusters", tftest.Answer{Body: `{"clusterInfoList": [
		{"clusterArn": "arn:aws:kafka:us-east-1:111111111111:cluster/s/1", "clusterName": "s", "clusterType": "SERVERLESS", "serverless": {}},
		{"clusterArn": "arn:aws:kafka:us-east-1:111111111111:cluster/m/2", "clusterName": "m", "clusterType": "PROVISIONED", "currentVersion": "K1",
		"tags": {"Owner": "me"}, "provisioned": {"numberOfBrokerNodes": 2, "enhancedMonitoring": "DEFAULT", "storageMode": "LOCAL",
		"brokerNodeGroupInfo": {"instanceType": "kafka.m5.large", "clientSubnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"],
			"brokerAZDistribution": "DEFAULT", "connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}},
		"clientAuthentication": {"sasl": {"iam": {"enabled": true}, "scram": {"enabled": false}}, "tls": {"enabled": false}, "unauthenticated": {"enabled": true}},
		"currentBrokerSoftwareInfo": {"kafkaVersion": "3.5.1"},
		"encryptionInfo": {"encryptionAtRest": {"dataVolumeKMSKeyId": "k"}, "encryptionInTransit": {"clientBroker": "TLS_PLAINTEXT", "inCluster": true}},
		"loggingInfo": {"brokerLogs": {"cloudWatchLogs": {"enabled": true, "logGroup": "g"}, "s3": {"enabled": false}}}}}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_msk_cluster")["aws_msk_cluster"]
	if got.Status != aws.Complete || len(got.Resources) != 1 {
		t.Fatalf("%+v", got)
	}
	same(t, got.Resources[0].Values, `{
		"id": "arn:aws:kafka:us-east-1:111111111111:cluster/m/2", "arn": "arn:aws:kafka:us-east-1:111111111111:cluster/m/2",
		"broker_node_group_info": [{"az_distribution": "DEFAULT", "client_subnets": ["subnet-1", "subnet-2"],
			"connectivity_info": [{"public_access": [{"type": "SERVICE_PROVIDED_EIPS"}]}], "instance_type": "kafka.m5.large", "security_groups": ["sg-1"]}],
		"client_authentication": [{"sasl": [{"iam": true, "scram": false}], "tls": [], "unauthenticated": true}],
		"cluster_name": "m", "configuration_info": [], "current_version": "K1",
		"encryption_info": [{"encryption_at_rest_kms_key_arn": "k", "encryption_in_transit": [{"client_broker": "TLS_PLAINTEXT", "in_cluster": true}]}],
		"enhanced_monitoring": "DEFAULT", "kafka_version": "3.5.1",
		"logging_info": [{"broker_logs": [{"cloudwatch_logs": [{"enabled": true, "log_group": "g"}], "firehose": [], "s3": [{"enabled": false}]}]}],
		"number_of_broker_nodes": 2, "open_monitoring": [], "storage_mode": "LOCAL", "tags": {"Owner": "me"}, "tags_all": {"Owner": "me"}}`)
}
