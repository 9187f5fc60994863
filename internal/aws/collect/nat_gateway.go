package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func natGateway() aws.Type {
	return aws.Type{
		Name:    "aws_nat_gateway",
		Service: "ec2",
		Actions: []string{"ec2:DescribeNatGateways"},
		Filled:  []string{"connectivity_type", "subnet_id", "tags"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeNatGatewaysPaginator(ec2Client(s), &ec2.DescribeNatGatewaysInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, g := range page.NatGateways {
					if g.State == ec2types.NatGatewayStateDeleted { // told of for an hour
						continue
					}
					out.Add(aws.Item{ID: aws.String(g.NatGatewayId), Values: map[string]any{
						"connectivity_type": g.ConnectivityType,
						"subnet_id":         g.SubnetId,
						"tags":              ec2Tags(g.Tags),
					}})
				}
			}
			return nil
		},
	}
}
