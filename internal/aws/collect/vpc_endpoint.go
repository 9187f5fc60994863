package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func vpcEndpoint() aws.Type {
	return aws.Type{
		Name:    "aws_vpc_endpoint",
		Service: "ec2",
		Actions: []string{"ec2:DescribeVpcEndpoints"},
		Filled: []string{
			"arn", "dns_entry", "dns_options", "ip_address_type", "network_interface_ids", "owner_id", "policy", "private_dns_enabled",
			"requester_managed", "resource_configuration_arn", "route_table_ids", "security_group_ids", "service_name",
			"service_network_arn", "service_region", "state", "subnet_ids", "tags", "vpc_endpoint_type", "vpc_id",
		},
		ConfigOnly: []string{"auto_accept", "timeouts"},
		// aws_vpc_endpoint_policy and the types of its associations.
		Overlap:  []string{"policy", "route_table_ids", "security_group_ids", "subnet_ids"},
		Volatile: []string{"state"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeVpcEndpointsPaginator(ec2Client(s), &ec2.DescribeVpcEndpointsInput{})
			return eachPage(ctx, p, func(page *ec2.DescribeVpcEndpointsOutput) {
				for _, e := range page.VpcEndpoints {
					if ec2Owned(s, e.OwnerId) && !strings.EqualFold(string(e.State), string(ec2types.StateDeleted)) {
						out.Add(vpcEndpointItem(s, e))
					}
				}
			})
		},
	}
}

func vpcEndpointItem(s *aws.Session, e ec2types.VpcEndpoint) aws.Item {
	id := aws.String(e.VpcEndpointId)
	v := map[string]any{
		"dns_entry": aws.Blocks(e.DnsEntries, func(d ec2types.DnsEntry) map[string]any {
			return map[string]any{"dns_name": d.DnsName, "hosted_zone_id": d.HostedZoneId}
		}),
		"dns_options":                []any{},
		"ip_address_type":            e.IpAddressType,
		"network_interface_ids":      aws.Set(e.NetworkInterfaceIds),
		"owner_id":                   e.OwnerId,
		"policy":                     aws.PolicyJSON(e.PolicyDocument),
		"private_dns_enabled":        e.PrivateDnsEnabled,
		"requester_managed":          e.RequesterManaged,
		"resource_configuration_arn": e.ResourceConfigurationArn,
		"route_table_ids":            aws.Set(e.RouteTableIds),
		"security_group_ids":         textsOf(e.Groups, func(g ec2types.SecurityGroupIdentifier) *string { return g.GroupId }),
		"service_name":               e.ServiceName,
		"service_network_arn":        e.ServiceNetworkArn,
		"service_region":             e.ServiceRegion,
		"state":                      e.State,
		"subnet_ids":                 aws.Set(e.SubnetIds),
		"tags":                       ec2Tags(e.Tags),
		"vpc_endpoint_type":          e.VpcEndpointType,
		"vpc_id":                     e.VpcId,
	}
	if d := e.DnsOptions; d != nil {
		v["dns_options"] = aws.Block(map[string]any{
			"dns_record_ip_type":                             d.DnsRecordIpType,
			"private_dns_only_for_inbound_resolver_endpoint": d.PrivateDnsOnlyForInboundResolverEndpoint,
		})
	}
	return aws.Item{ID: id, ARN: s.ARN("ec2", "vpc-endpoint/"+id), Values: v}
}
