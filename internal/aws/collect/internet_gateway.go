package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func internetGateway() aws.Type {
	return aws.Type{
		Name:    "aws_internet_gateway",
		Service: "ec2",
		Actions: []string{"ec2:DescribeInternetGateways"},
		Filled:  []string{"arn", "owner_id", "tags", "vpc_id"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeInternetGatewaysPaginator(ec2Client(s), &ec2.DescribeInternetGatewaysInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, g := range page.InternetGateways {
					if !ec2Owned(s, g.OwnerId) {
						continue
					}
					values := map[string]any{"owner_id": g.OwnerId, "tags": ec2Tags(g.Tags)}
					if len(g.Attachments) > 0 { // at most one
						values["vpc_id"] = g.Attachments[0].VpcId
					}
					out.Add(aws.Item{ID: aws.String(g.InternetGatewayId), ARN: s.ARN("ec2", "internet-gateway/"+aws.String(g.InternetGatewayId)), Values: values})
				}
			}
			return nil
		},
	}
}
