package collect

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestOpenSearch: the provider waits for the mock's domains for minutes.
func TestOpenSearch(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("es:GET /2021-01-01/domain", tftest.Answer{Body: `{"DomainNames": [{"DomainName": "closed"}, {"DomainName": "open"}]}`})
	fake.Always("es:GET /2021-01-01/opensearch/domain/closed", tftest.Answer{Status: 403, Body: `{"__type": "AccessDeniedException", "message": "no"}`})
	fake.Always("es:GET /2021-01-01/opensearch/domain/open", tftest.Answer{Body: `{"DomainStatus": {
		"ARN": "arn:aws:es:us-east-1:111111111111:domain/open", "DomainId": "111111111111/open", "DomainName": "open", "EngineVersion": "OpenSearch_2.11",
		"Endpoints": {"vpc": "vpc-open.example"}, "AccessPolicies": "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
		"ClusterConfig": {"InstanceType": "m5.large.search", "InstanceCount": 1, "ZoneAwarenessEnabled": false},
		"EBSOptions": {"EBSEnabled": true, "VolumeSize": 10, "VolumeType": "gp3"}, "VPCOptions": {"VPCId": "vpc-1", "SubnetIds": ["subnet-1"]},
		"EncryptionAtRestOptions": {"Enabled": true, "KmsKeyId": "k"}, "NodeToNodeEncryptionOptions": {"Enabled": false},
		"DomainEndpointOptions": {"EnforceHTTPS": true, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07", "CustomEndpointEnabled": false},
		"AdvancedSecurityOptions": {"Enabled": false, "InternalUserDatabaseEnabled": false}, "CognitoOptions": {"Enabled": false},
		"LogPublishingOptions": {"AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": "g", "Enabled": true}}}}`})
	fake.Always("es:GET /2021-01-01/tags/", tftest.Answer{Body: `{"TagList": [{"Key": "Owner", "Value": "me"}]}`})
	fake.Always("es:GET /2021-01-01/tags", tftest.Answer{Body: `{"TagList": [{"Key": "Owner", "Value": "me"}]}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_opensearch_domain")["aws_opensearch_domain"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 || got.Gaps[0].ID != "arn:aws:es:us-east-1:111111111111:domain/closed" {
		t.Fatalf("%+v", got)
	}
	if closed := got.Resources[0]; !resource.Marked(closed.Unknown, resource.Path{"encrypt_at_rest"}) || closed.Values["domain_name"] != "closed" {
		t.Errorf("%+v", closed)
	}
	same(t, got.Resources[1].Values, `{
		"id": "arn:aws:es:us-east-1:111111111111:domain/open", "arn": "arn:aws:es:us-east-1:111111111111:domain/open",
		"access_policies": "{\"Statement\":[],\"Version\":\"2012-10-17\"}", "advanced_security_options": [{"enabled": false}],
		"cluster_config": [{"dedicated_master_type": "", "instance_count": 1, "instance_type": "m5.large.search", "warm_type": "", "zone_awareness_config": [], "zone_awareness_enabled": false}],
		"cognito_options": [{"enabled": false}],
		"domain_endpoint_options": [{"custom_endpoint_enabled": false, "enforce_https": true, "tls_security_policy": "Policy-Min-TLS-1-2-2019-07"}],
		"domain_id": "111111111111/open", "domain_name": "open", "ebs_options": [{"ebs_enabled": true, "volume_size": 10, "volume_type": "gp3"}],
		"encrypt_at_rest": [{"enabled": true, "kms_key_id": "k"}], "endpoint": "vpc-open.example", "engine_version": "OpenSearch_2.11", "ip_address_type": "",
		"log_publishing_options": [{"cloudwatch_log_group_arn": "g", "enabled": true, "log_type": "AUDIT_LOGS"}],
		"node_to_node_encryption": [{"enabled": false}], "snapshot_options": [], "software_update_options": [],
		"tags": {"Owner": "me"}, "tags_all": {"Owner": "me"},
		"vpc_options": [{"availability_zones": [], "security_group_ids": [], "subnet_ids": ["subnet-1"], "vpc_id": "vpc-1"}]}`)
}
