package collect

import (
	"fmt"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// TestShared: what another account owns and shares, or has in a VPC of this one,
// is that account's. Reported here too it would have a false ARN, and two owners.
func TestShared(t *testing.T) {
	for typ, about := range map[string]struct{ operation, set, id, owner string }{
		"aws_internet_gateway":                {"DescribeInternetGateways", "internetGatewaySet", "internetGatewayId", "ownerId"},
		"aws_network_acl":                     {"DescribeNetworkAcls", "networkAclSet", "networkAclId", "ownerId"},
		"aws_network_interface":               {"DescribeNetworkInterfaces", "networkInterfaceSet", "networkInterfaceId", "ownerId"},
		"aws_route_table":                     {"DescribeRouteTables", "routeTableSet", "routeTableId", "ownerId"},
		"aws_security_group":                  {"DescribeSecurityGroups", "securityGroupInfo", "groupId", "ownerId"},
		"aws_subnet":                          {"DescribeSubnets", "subnetSet", "subnetId", "ownerId"},
		"aws_vpc":                             {"DescribeVpcs", "vpcSet", "vpcId", "ownerId"},
		"aws_vpc_endpoint":                    {"DescribeVpcEndpoints", "vpcEndpointSet", "vpcEndpointId", "ownerId"},
		"aws_vpc_security_group_ingress_rule": {"DescribeSecurityGroupRules", "securityGroupRuleSet", "securityGroupRuleId", "groupOwnerId"},
	} {
		t.Run(typ, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fake.Always("ec2:"+about.operation, tftest.Answer{Body: fmt.Sprintf(`<R><%[1]s>
				<item><%[2]s>own</%[2]s><%[3]s>111111111111</%[3]s></item><item><%[2]s>unsaid</%[2]s></item>
				<item><%[2]s>theirs</%[2]s><%[3]s>222222222222</%[3]s></item></%[1]s></R>`, about.set, about.id, about.owner)})
			got := collectFrom(t, mock(t, fake.URL), "us-east-1", typ)[typ]
			if got.Status != aws.Complete || len(got.Resources) != 2 || got.Resources[0].ID != "own" || got.Resources[1].ID != "unsaid" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestEC2Pages: long lists are asked for by the page, to the last one. EC2 refuses
// requests for all at once sooner.
func TestEC2Pages(t *testing.T) {
	for typ, about := range map[string]struct{ operation, set, id string }{
		"aws_ami":          {"DescribeImages", "imagesSet", "imageId"},
		"aws_ebs_snapshot": {"DescribeSnapshots", "snapshotSet", "snapshotId"},
		"aws_ebs_volume":   {"DescribeVolumes", "volumeSet", "volumeId"},
	} {
		t.Run(typ, func(t *testing.T) {
			fake := tftest.FakeAWS(t)
			fake.On("ec2:"+about.operation, func(c tftest.Call) tftest.Answer {
				if c.Form.Get("MaxResults") == "" {
					t.Error("all are asked for at once")
				}
				next := "<nextToken>more</nextToken>"
				if c.Form.Get("NextToken") == "more" {
					next = ""
				}
				return tftest.Answer{Body: fmt.Sprintf(`<R><%[1]s><item><%[2]s>a%[3]d</%[2]s></item></%[1]s>%[4]s</R>`, about.set, about.id, c.Nth, next)}
			})
			got := collectFrom(t, mock(t, fake.URL), "us-east-1", typ)[typ]
			if got.Status != aws.Complete || len(got.Resources) != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
}
