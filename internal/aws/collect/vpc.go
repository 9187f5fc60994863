package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func vpc() aws.Type {
	return aws.Type{
		Name:      "aws_vpc",
		Service:   "ec2",
		Actions:   []string{"ec2:DescribeVpcs"},
		Filled:    []string{"arn", "cidr_block", "dhcp_options_id", "instance_tenancy", "owner_id", "tags"},
		StandsFor: []string{"aws_default_vpc"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeVpcsPaginator(ec2Client(s), &ec2.DescribeVpcsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, v := range page.Vpcs {
					if !ec2Owned(s, v.OwnerId) {
						continue
					}
					out.Add(aws.Item{ID: aws.String(v.VpcId), ARN: s.ARN("ec2", "vpc/"+aws.String(v.VpcId)), Values: map[string]any{
						"cidr_block":       v.CidrBlock,
						"dhcp_options_id":  v.DhcpOptionsId,
						"instance_tenancy": v.InstanceTenancy,
						"owner_id":         v.OwnerId,
						"tags":             ec2Tags(v.Tags),
					}})
				}
			}
			return nil
		},
	}
}
