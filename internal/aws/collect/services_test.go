package collect

import (
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestSecurityGroupRules: one list, of several pages, serves both directions. A
// group of another account is named with it, and all protocols have no ports.
func TestSecurityGroupRules(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.On("ec2:DescribeSecurityGroupRules", func(c tftest.Call) tftest.Answer {
		if c.Form.Get("NextToken") == "" {
			return tftest.Answer{Body: `<R><securityGroupRuleSet>
				<item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>tcp</ipProtocol>
					<fromPort>22</fromPort><toPort>22</toPort><referencedGroupInfo><groupId>sg-9</groupId><userId>222222222222</userId></referencedGroupInfo></item>
				<item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress><ipProtocol>icmp</ipProtocol>
					<fromPort>-1</fromPort><toPort>-1</toPort><referencedGroupInfo><groupId>sg-2</groupId><userId>111111111111</userId></referencedGroupInfo></item>
			</securityGroupRuleSet><nextToken>more</nextToken></R>`}
		}
		return tftest.Answer{Body: `<R><securityGroupRuleSet>
			<item><securityGroupRuleId>sgr-3</securityGroupRuleId><groupId>sg-1</groupId><isEgress>true</isEgress><ipProtocol>-1</ipProtocol>
				<fromPort>-1</fromPort><toPort>-1</toPort><cidrIpv4>0.0.0.0/0</cidrIpv4></item>
		</securityGroupRuleSet></R>`}
	})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
	in, eg := got["aws_vpc_security_group_ingress_rule"].Resources, got["aws_vpc_security_group_egress_rule"].Resources
	if len(in) != 2 || len(eg) != 1 || len(fake.Calls("ec2:DescribeSecurityGroupRules")) != 2 {
		t.Fatalf("%+v", got)
	}
	const arn = "arn:aws:ec2:us-east-1:111111111111:security-group-rule/"
	same(t, in[0].Values, `{"id": "sgr-1", "arn": "`+arn+`sgr-1", "from_port": 22, "to_port": 22, "ip_protocol": "tcp",
		"referenced_security_group_id": "222222222222/sg-9", "security_group_id": "sg-1", "security_group_rule_id": "sgr-1", "tags": {}, "tags_all": {}}`)
	same(t, in[1].Values, `{"id": "sgr-2", "arn": "`+arn+`sgr-2", "from_port": -1, "to_port": -1, "ip_protocol": "icmp",
		"referenced_security_group_id": "sg-2", "security_group_id": "sg-1", "security_group_rule_id": "sgr-2", "tags": {}, "tags_all": {}}`)
	same(t, eg[0].Values, `{"id": "sgr-3", "arn": "`+arn+`sgr-3", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0",
		"security_group_id": "sg-1", "security_group_rule_id": "sgr-3", "tags": {}, "tags_all": {}}`)
}

// TestRoutes: routes that come with something else are left out, and those to an
// endpoint of a firewall are told from those to a gateway.
func TestRoutes(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ec2:DescribeRouteTables", tftest.Answer{Body: `<R><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>
		<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId><origin>CreateRouteTable</origin></item>
		<item><destinationCidrBlock>10.9.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId><origin>EnableVgwRoutePropagation</origin></item>
		<item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId><origin>CreateRoute</origin></item>
		<item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>vpce-2</gatewayId><origin>CreateRoute</origin></item>
	</routeSet><propagatingVgwSet><item><gatewayId>vgw-1</gatewayId></item></propagatingVgwSet></item></routeTableSet></R>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_route_table")["aws_route_table"]
	if got.Status != aws.Complete || len(got.Resources) != 1 {
		t.Fatalf("%+v", got)
	}
	v := got.Resources[0].Values
	same(t, map[string]any{"route": v["route"], "vgws": v["propagating_vgws"]}, `{"vgws": ["vgw-1"], "route": [{
		"carrier_gateway_id": "", "cidr_block": "0.0.0.0/0", "core_network_arn": "", "destination_prefix_list_id": "",
		"egress_only_gateway_id": "", "gateway_id": "", "ipv6_cidr_block": "", "local_gateway_id": "", "nat_gateway_id": "",
		"network_interface_id": "", "transit_gateway_id": "", "vpc_endpoint_id": "vpce-2", "vpc_peering_connection_id": ""}]}`)
}

// TestTargetGroup: what only one kind of target group has, which the mock gives
// to all, and one whose attributes cannot be read.
func TestTargetGroup(t *testing.T) {
	fake := tftest.FakeAWS(t)
	const arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/"
	fake.Always("elasticloadbalancing:DescribeTargetGroups", tftest.Answer{Body: `<R><DescribeTargetGroupsResult><TargetGroups>
		<member><TargetGroupArn>` + arn + `closed/1</TargetGroupArn><TargetGroupName>closed</TargetGroupName><Port>80</Port><Protocol>HTTP</Protocol></member>
		<member><TargetGroupArn>` + arn + `function/2</TargetGroupArn><TargetGroupName>function</TargetGroupName><TargetType>lambda</TargetType></member>
		<member><TargetGroupArn>` + arn + `gone/3</TargetGroupArn><TargetGroupName>gone</TargetGroupName></member>
		<member><TargetGroupArn>` + arn + `net/4</TargetGroupArn><TargetGroupName>net</TargetGroupName><Port>443</Port><Protocol>TCP</Protocol></member>
	</TargetGroups></DescribeTargetGroupsResult></R>`})
	attributes := func(pairs ...string) tftest.Answer {
		body := "<R><DescribeTargetGroupAttributesResult><Attributes>"
		for pair := range slices.Chunk(pairs, 2) {
			body += "<member><Key>" + pair[0] + "</Key><Value>" + pair[1] + "</Value></member>"
		}
		return tftest.Answer{Body: body + "</Attributes></DescribeTargetGroupAttributesResult></R>"}
	}
	fake.On("elasticloadbalancing:DescribeTargetGroupAttributes", func(c tftest.Call) tftest.Answer {
		switch c.Form.Get("TargetGroupArn") {
		case arn + "closed/1":
			return tftest.QueryError(403, "AccessDenied", "not authorized because no identity-based policy allows the action")
		case arn + "function/2":
			return attributes("lambda.multi_value_headers.enabled", "true")
		case arn + "gone/3":
			return tftest.QueryError(400, "TargetGroupNotFound", "gone")
		}
		return attributes("deregistration_delay.timeout_seconds", "300", "deregistration_delay.connection_termination.enabled", "true",
			"preserve_client_ip.enabled", "true", "proxy_protocol_v2.enabled", "false", "stickiness.enabled", "false", "stickiness.type", "source_ip",
			"target_failover.on_deregistration", "rebalance", "target_failover.on_unhealthy", "rebalance",
			"target_group_health.dns_failover.minimum_healthy_targets.count", "1",
			"target_group_health.dns_failover.minimum_healthy_targets.percentage", "off",
			"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "2",
			"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "50",
			"target_health_state.unhealthy.connection_termination.enabled", "false",
			"target_health_state.unhealthy.draining_interval_seconds", "10")
	})
	fake.Always("elasticloadbalancing:DescribeTags", tftest.Answer{Body: `<R><DescribeTagsResult><TagDescriptions/></DescribeTagsResult></R>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lb_target_group")["aws_lb_target_group"]
	if got.Status != aws.Complete || len(got.Resources) != 3 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	if g := got.Gaps[0]; g.ID != arn+"closed/1" || g.Status != aws.DeniedByIAM || !slices.Equal(g.Attributes, lbTargetGroupAttributeNames) {
		t.Errorf("the gap is %+v", g)
	}
	function, net := got.Resources[1].Values, got.Resources[2].Values
	if function["lambda_multi_value_headers_enabled"] != true || function["port"] != nil || function["load_balancing_algorithm_type"] != nil {
		t.Errorf("%v", function)
	}
	of := map[string]any{}
	for _, name := range lbTargetGroupAttributeNames {
		if net[name] != nil {
			of[name] = net[name]
		}
	}
	same(t, of, `{"connection_termination": true, "deregistration_delay": "300", "preserve_client_ip": "true", "proxy_protocol_v2": false,
		"stickiness": [{"enabled": false, "type": "source_ip"}],
		"target_failover": [{"on_deregistration": "rebalance", "on_unhealthy": "rebalance"}],
		"target_group_health": [{
			"dns_failover": [{"minimum_healthy_targets_count": "1", "minimum_healthy_targets_percentage": "off"}],
			"unhealthy_state_routing": [{"minimum_healthy_targets_count": 2, "minimum_healthy_targets_percentage": "50"}]}],
		"target_health_state": [{"enable_unhealthy_connection_termination": false, "unhealthy_draining_interval": 10}]}`)
}

// TestECS: a cluster that was not described is no cluster that is not there, and
// a task definition that denies is known by its family only.
func TestECS(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("ecs:ListClusters", tftest.Answer{Body: `{"clusterArns": ["arn:aws:ecs:us-east-1:111111111111:cluster/a", "arn:aws:ecs:us-east-1:111111111111:cluster/b"]}`})
	reason := "MISSING"
	fake.On("ecs:DescribeClusters", func(tftest.Call) tftest.Answer {
		return tftest.Answer{Body: `{"clusters": [{"clusterArn": "arn:aws:ecs:us-east-1:111111111111:cluster/a", "clusterName": "a", "status": "ACTIVE",
			"configuration": {"managedStorageConfiguration": {"kmsKeyId": "k"}}}],
			"failures": [{"arn": "arn:aws:ecs:us-east-1:111111111111:cluster/b", "reason": "` + reason + `"}]}`}
	})
	cfg := mock(t, fake.URL)
	got := collectFrom(t, cfg, "us-east-1", "aws_ecs_cluster")["aws_ecs_cluster"]
	if got.Status != aws.Complete || len(got.Resources) != 1 {
		t.Fatalf("%+v", got)
	}
	same(t, map[string]any{"configuration": got.Resources[0].Values["configuration"]}, `{"configuration": [{
		"execute_command_configuration": [], "managed_storage_configuration": [{"kms_key_id": "k"}]}]}`)
	reason = "INTERNAL"
	if got := collectFrom(t, cfg, "us-east-1", "aws_ecs_cluster")["aws_ecs_cluster"]; got.Status != aws.Failed {
		t.Errorf("%+v", got)
	}

	fake.Always("ecs:ListTaskDefinitionFamilies", tftest.Answer{Body: `{"families": ["closed", "open"]}`})
	fake.On("ecs:DescribeTaskDefinition", func(c tftest.Call) tftest.Answer {
		if c.Nth == 1 {
			return tftest.JSONError(400, "AccessDeniedException", "not authorized because no identity-based policy allows the action")
		}
		return tftest.Answer{Body: `{"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:us-east-1:111111111111:task-definition/open:7",
			"family": "open", "revision": 7, "volumes": [{"name": "v", "host": {"sourcePath": "/"}}],
			"containerDefinitions": [{"name": "z", "cpu": 0, "environment": [], "privileged": false, "user": "0"}, {"name": "a", "healthCheck": {"command": ["true"]}}]}}`}
	})
	got = collectFrom(t, cfg, "us-east-1", "aws_ecs_task_definition")["aws_ecs_task_definition"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	read := got.Resources[0].Values
	if got.Resources[0].Unknown != nil {
		read = got.Resources[1].Values
	}
	same(t, map[string]any{"c": read["container_definitions"], "r": read["revision"], "v": read["volume"], "a": read["arn_without_revision"]}, `{
		"a": "arn:aws:ecs:us-east-1:111111111111:task-definition/open", "r": 7,
		"c": "[{\"healthCheck\":{\"command\":[\"true\"]},\"name\":\"a\"},{\"environment\":[],\"name\":\"z\",\"privileged\":false,\"user\":\"0\"}]",
		"v": [{"docker_volume_configuration": [], "efs_volume_configuration": [], "fsx_windows_file_server_volume_configuration": [],
			"host_path": "/", "name": "v"}]}`)
}

// TestNoOrganization: that an account is in no organization is a fact, and no
// failure to read one.
func TestNoOrganization(t *testing.T) {
	fake := tftest.FakeAWS(t)
	no := tftest.JSONError(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	types := []string{"aws_organizations_account", "aws_organizations_organizational_unit", "aws_organizations_policy", "aws_organizations_policy_attachment"}
	for _, call := range []string{"ListAccounts", "ListRoots", "ListPolicies"} {
		fake.Always("organizations:"+call, no)
	}
	for name, o := range collectFrom(t, mock(t, fake.URL), "us-east-1", types...) {
		if o.Status != aws.Complete || o.Detail != "the account is in no organization" || len(o.Resources) != 0 || len(o.Gaps) != 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	fake.Always("organizations:ListRoots", tftest.JSONError(400, "AccessDeniedException", "no"))
	if o := collectFrom(t, mock(t, fake.URL), "us-east-1", types[1])[types[1]]; o.Status != aws.DeniedByIAM {
		t.Errorf("denied: %+v", o)
	}
}
