package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func eip() aws.Type {
	return aws.Type{
		Name:    "aws_eip",
		Service: "ec2",
		Actions: []string{"ec2:DescribeAddresses"},
		Filled:  []string{"arn", "association_id", "domain", "instance", "network_interface", "public_ip", "tags"},
		Overlap: []string{"association_id", "instance", "network_interface"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := ec2Client(s).DescribeAddresses(ctx, &ec2.DescribeAddressesInput{}) // one page has all
			if err != nil {
				return err
			}
			for _, a := range got.Addresses {
				out.Add(aws.Item{ID: aws.String(a.AllocationId), ARN: s.ARN("ec2", "elastic-ip/"+aws.String(a.AllocationId)), Values: map[string]any{
					"association_id":    a.AssociationId,
					"domain":            a.Domain,
					"instance":          a.InstanceId,
					"network_interface": a.NetworkInterfaceId,
					"public_ip":         a.PublicIp,
					"tags":              ec2Tags(a.Tags),
				}})
			}
			return nil
		},
	}
}
