package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/parapet-dev/parapet/internal/aws"
)

func securityHubAccount() aws.Type {
	return aws.Type{
		Name:    "aws_securityhub_account",
		Service: "securityhub",
		Actions: []string{"securityhub:DescribeHub"},
		Filled:  []string{"arn", "auto_enable_controls", "control_finding_generator"},
		// Asked for once, when the hub is made.
		ConfigOnly: []string{"enable_default_standards"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, securityhub.NewFromConfig).DescribeHub(ctx, &securityhub.DescribeHubInput{})
			// A denied call has another code: this one says that there is no hub.
			if aws.Is(err, "InvalidAccessException", "ResourceNotFoundException") {
				return nil
			}
			if err != nil {
				return err
			}
			out.Add(aws.Item{ID: s.Account, ARN: aws.String(got.HubArn), Values: map[string]any{
				"auto_enable_controls":      got.AutoEnableControls,
				"control_finding_generator": got.ControlFindingGenerator,
			}})
			return nil
		},
	}
}
