package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/configservice"

	"github.com/parapet-dev/parapet/internal/aws"
)

func configConfigurationRecorderStatus() aws.Type {
	return aws.Type{
		Name:    "aws_config_configuration_recorder_status",
		Service: "config",
		Actions: []string{"config:DescribeConfigurationRecorderStatus"},
		Filled:  []string{"is_enabled", "name"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, configservice.NewFromConfig).DescribeConfigurationRecorderStatus(ctx, &configservice.DescribeConfigurationRecorderStatusInput{})
			if err != nil {
				return err
			}
			for _, r := range got.ConfigurationRecordersStatus {
				out.Add(aws.Item{ID: aws.String(r.Name), Values: map[string]any{"is_enabled": r.Recording, "name": r.Name}})
			}
			return nil
		},
	}
}
