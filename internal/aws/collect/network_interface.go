package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func networkInterface() aws.Type {
	return aws.Type{
		Name:    "aws_network_interface",
		Service: "ec2",
		Actions: []string{"ec2:DescribeNetworkInterfaces"},
		Filled: []string{
			"arn", "attachment", "description", "enable_primary_ipv6", "interface_type", "ipv4_prefix_count", "ipv4_prefixes",
			"ipv6_address_count", "ipv6_address_list", "ipv6_addresses", "ipv6_prefix_count", "ipv6_prefixes", "mac_address",
			"outpost_arn", "owner_id", "private_dns_name", "private_ip", "private_ip_list", "private_ips", "private_ips_count",
			"security_groups", "source_dest_check", "subnet_id", "tags",
		},
		ConfigOnly: []string{"ipv6_address_list_enabled", "private_ip_list_enabled"},
		// aws_network_interface_attachment and aws_network_interface_sg_attachment.
		Overlap: []string{"attachment", "security_groups"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			size := int32(1000) // of a page: there may be very many
			p := ec2.NewDescribeNetworkInterfacesPaginator(ec2Client(s), &ec2.DescribeNetworkInterfacesInput{MaxResults: &size})
			return eachPage(ctx, p, func(page *ec2.DescribeNetworkInterfacesOutput) {
				for _, n := range page.NetworkInterfaces {
					if ec2Owned(s, n.OwnerId) {
						out.Add(networkInterfaceItem(s, n))
					}
				}
			})
		},
	}
}

func networkInterfaceItem(s *aws.Session, n ec2types.NetworkInterface) aws.Item {
	id := aws.String(n.NetworkInterfaceId)
	addresses := make([]string, len(n.PrivateIpAddresses))
	for i, a := range n.PrivateIpAddresses {
		addresses[i] = aws.String(a.PrivateIpAddress)
	}
	addresses6, primary6 := make([]string, len(n.Ipv6Addresses)), false
	for i, a := range n.Ipv6Addresses {
		addresses6[i] = aws.String(a.Ipv6Address)
		primary6 = primary6 || a.IsPrimaryIpv6 != nil && *a.IsPrimaryIpv6
	}
	v := map[string]any{
		"attachment":          []any{},
		"description":         n.Description,
		"enable_primary_ipv6": primary6,
		"interface_type":      n.InterfaceType,
		"ipv4_prefix_count":   len(n.Ipv4Prefixes),
		"ipv4_prefixes":       textsOf(n.Ipv4Prefixes, func(p ec2types.Ipv4PrefixSpecification) *string { return p.Ipv4Prefix }),
		"ipv6_address_count":  len(addresses6),
		"ipv6_address_list":   inOrder(addresses6),
		"ipv6_addresses":      aws.Set(addresses6),
		"ipv6_prefix_count":   len(n.Ipv6Prefixes),
		"ipv6_prefixes":       textsOf(n.Ipv6Prefixes, func(p ec2types.Ipv6PrefixSpecification) *string { return p.Ipv6Prefix }),
		"mac_address":         n.MacAddress,
		"outpost_arn":         n.OutpostArn,
		"owner_id":            n.OwnerId,
		"private_dns_name":    n.PrivateDnsName,
		"private_ip":          n.PrivateIpAddress,
		"private_ip_list":     inOrder(addresses),
		"private_ips":         aws.Set(addresses),
		"private_ips_count":   max(0, len(addresses)-1), // besides the primary one
		"security_groups":     textsOf(n.Groups, func(g ec2types.GroupIdentifier) *string { return g.GroupId }),
		"source_dest_check":   n.SourceDestCheck,
		"subnet_id":           n.SubnetId,
		"tags":                ec2Tags(n.TagSet),
	}
	if a := n.Attachment; a != nil {
		v["attachment"] = aws.Block(map[string]any{
			"attachment_id": a.AttachmentId, "device_index": a.DeviceIndex, "instance": a.InstanceId,
		})
	}
	return aws.Item{ID: id, ARN: s.ARN("ec2", "network-interface/"+id), Values: v}
}
