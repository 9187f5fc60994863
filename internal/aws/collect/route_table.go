package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func routeTable() aws.Type {
	return aws.Type{
		Name:       "aws_route_table",
		Service:    "ec2",
		Actions:    []string{"ec2:DescribeRouteTables"},
		Filled:     []string{"arn", "owner_id", "propagating_vgws", "route", "tags", "vpc_id"},
		ConfigOnly: []string{"timeouts"},
		Overlap:    []string{"propagating_vgws", "route"}, // aws_vpn_gateway_route_propagation, aws_route
		StandsFor:  []string{"aws_default_route_table", "aws_route"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeRouteTablesPaginator(ec2Client(s), &ec2.DescribeRouteTablesInput{})
			return eachPage(ctx, p, func(page *ec2.DescribeRouteTablesOutput) {
				for _, t := range page.RouteTables {
					if !ec2Owned(s, t.OwnerId) {
						continue
					}
					id := aws.String(t.RouteTableId)
					out.Add(aws.Item{ID: id, ARN: s.ARN("ec2", "route-table/"+id), Values: map[string]any{
						"owner_id":         t.OwnerId,
						"propagating_vgws": textsOf(t.PropagatingVgws, func(g ec2types.PropagatingVgw) *string { return g.GatewayId }),
						"route":            aws.SetOf(ownRoutes(t.Routes), routeBlock),
						"tags":             ec2Tags(t.Tags),
						"vpc_id":           t.VpcId,
					}})
				}
			})
		},
	}
}

// ownRoutes leaves out the routes that come with something else: those within
// the VPC, those that a gateway propagates, and those of gateway endpoints.
func ownRoutes(routes []ec2types.Route) []ec2types.Route {
	var own []ec2types.Route
	for _, r := range routes {
		gateway := aws.String(r.GatewayId)
		if gateway == "local" || r.Origin == ec2types.RouteOriginEnableVgwRoutePropagation ||
			r.DestinationPrefixListId != nil && strings.HasPrefix(gateway, "vpce-") {
			continue
		}
		own = append(own, r)
	}
	return own
}

// routeBlock makes an element of route, in which what does not apply is empty.
func routeBlock(r ec2types.Route) map[string]any {
	gateway, endpoint := aws.String(r.GatewayId), ""
	if strings.HasPrefix(gateway, "vpce-") {
		gateway, endpoint = "", gateway
	}
	return map[string]any{
		"carrier_gateway_id":         aws.String(r.CarrierGatewayId),
		"cidr_block":                 aws.String(r.DestinationCidrBlock),
		"core_network_arn":           aws.String(r.CoreNetworkArn),
		"destination_prefix_list_id": aws.String(r.DestinationPrefixListId),
		"egress_only_gateway_id":     aws.String(r.EgressOnlyInternetGatewayId),
		"gateway_id":                 gateway,
		"ipv6_cidr_block":            aws.String(r.DestinationIpv6CidrBlock),
		"local_gateway_id":           aws.String(r.LocalGatewayId),
		"nat_gateway_id":             aws.String(r.NatGatewayId),
		"network_interface_id":       aws.String(r.NetworkInterfaceId),
		"transit_gateway_id":         aws.String(r.TransitGatewayId),
		"vpc_endpoint_id":            endpoint,
		"vpc_peering_connection_id":  aws.String(r.VpcPeeringConnectionId),
	}
}
