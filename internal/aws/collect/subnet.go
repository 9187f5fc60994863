package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func subnet() aws.Type {
	return aws.Type{
		Name:    "aws_subnet",
		Service: "ec2",
		Actions: []string{"ec2:DescribeSubnets"},
		Filled: []string{
			"arn", "assign_ipv6_address_on_creation", "availability_zone", "availability_zone_id", "cidr_block", "customer_owned_ipv4_pool",
			"enable_dns64", "enable_lni_at_device_index", "enable_resource_name_dns_a_record_on_launch",
			"enable_resource_name_dns_aaaa_record_on_launch", "ipv6_cidr_block", "ipv6_cidr_block_association_id", "ipv6_native",
			"map_customer_owned_ip_on_launch", "map_public_ip_on_launch", "outpost_arn", "owner_id", "private_dns_hostname_type_on_launch",
			"tags", "vpc_id",
		},
		ConfigOnly: []string{"timeouts"},
		StandsFor:  []string{"aws_default_subnet"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeSubnetsPaginator(aws.Client(s, ec2.NewFromConfig), &ec2.DescribeSubnetsInput{})
			return eachPage(ctx, p, func(page *ec2.DescribeSubnetsOutput) {
				for _, n := range page.Subnets {
					if ec2Owned(s, n.OwnerId) {
						out.Add(subnetItem(n))
					}
				}
			})
		},
	}
}

func subnetItem(n ec2types.Subnet) aws.Item {
	v := map[string]any{
		"assign_ipv6_address_on_creation": n.AssignIpv6AddressOnCreation,
		"availability_zone":               n.AvailabilityZone,
		"availability_zone_id":            n.AvailabilityZoneId,
		"cidr_block":                      n.CidrBlock,
		"customer_owned_ipv4_pool":        n.CustomerOwnedIpv4Pool,
		"enable_dns64":                    n.EnableDns64,
		"enable_lni_at_device_index":      n.EnableLniAtDeviceIndex,
		"ipv6_native":                     n.Ipv6Native,
		"map_customer_owned_ip_on_launch": n.MapCustomerOwnedIpOnLaunch,
		"map_public_ip_on_launch":         n.MapPublicIpOnLaunch,
		"outpost_arn":                     n.OutpostArn,
		"owner_id":                        n.OwnerId,
		"tags":                            ec2Tags(n.Tags),
		"vpc_id":                          n.VpcId,
	}
	for _, a := range n.Ipv6CidrBlockAssociationSet {
		if a.Ipv6CidrBlockState != nil && a.Ipv6CidrBlockState.State == ec2types.SubnetCidrBlockStateCodeAssociated {
			v["ipv6_cidr_block"], v["ipv6_cidr_block_association_id"] = a.Ipv6CidrBlock, a.AssociationId
			break // there is at most one
		}
	}
	if o := n.PrivateDnsNameOptionsOnLaunch; o != nil {
		v["enable_resource_name_dns_a_record_on_launch"] = o.EnableResourceNameDnsARecord
		v["enable_resource_name_dns_aaaa_record_on_launch"] = o.EnableResourceNameDnsAAAARecord
		v["private_dns_hostname_type_on_launch"] = o.HostnameType
	}
	return aws.Item{ID: aws.String(n.SubnetId), ARN: aws.String(n.SubnetArn), Values: v}
}
