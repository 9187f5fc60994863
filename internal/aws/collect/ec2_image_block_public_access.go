package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ec2ImageBlockPublicAccess() aws.Type {
	return aws.Type{
		Name:    "aws_ec2_image_block_public_access",
		Service: "ec2",
		Actions: []string{"ec2:GetImageBlockPublicAccessState"},
		Filled:  []string{"state"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := ec2Client(s).GetImageBlockPublicAccessState(ctx, &ec2.GetImageBlockPublicAccessStateInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: map[string]any{"state": got.ImageBlockPublicAccessState}})
			return nil
		},
	}
}
