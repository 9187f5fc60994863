package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ec2SerialConsoleAccess() aws.Type {
	return aws.Type{
		Name:    "aws_ec2_serial_console_access",
		Service: "ec2",
		Actions: []string{"ec2:GetSerialConsoleAccessStatus"},
		Filled:  []string{"enabled"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := ec2Client(s).GetSerialConsoleAccessStatus(ctx, &ec2.GetSerialConsoleAccessStatusInput{})
			if err != nil {
				return err
			}
			out.Add(aws.Item{Values: map[string]any{"enabled": got.SerialConsoleAccessEnabled}})
			return nil
		},
	}
}
