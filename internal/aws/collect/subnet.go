package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func subnet() aws.Type {
	return aws.Type{
		Name:    "aws_subnet",
		Service: "ec2",
		Actions: []string{"ec2:DescribeSubnets"},
		Filled: []string{
			"arn", "assign_ipv6_address_on_creation", "availability_zone", "cidr_block", "map_public_ip_on_launch", "outpost_arn", "owner_id",
			"tags", "vpc_id",
		},
		StandsFor: []string{"aws_default_subnet"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeSubnetsPaginator(ec2Client(s), &ec2.DescribeSubnetsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, n := range page.Subnets {
					out.Add(aws.Item{ID: aws.String(n.SubnetId), ARN: aws.String(n.SubnetArn), Values: map[string]any{
						"assign_ipv6_address_on_creation": n.AssignIpv6AddressOnCreation,
						"availability_zone":               n.AvailabilityZone,
						"cidr_block":                      n.CidrBlock,
						"map_public_ip_on_launch":         n.MapPublicIpOnLaunch,
						"outpost_arn":                     n.OutpostArn,
						"owner_id":                        n.OwnerId,
						"tags":                            ec2Tags(n.Tags),
						"vpc_id":                          n.VpcId,
					}})
				}
			}
			return nil
		},
	}
}
