package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/configservice"
	cfgtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func configConfigurationRecorder() aws.Type {
	return aws.Type{
		Name:    "aws_config_configuration_recorder",
		Service: "config",
		Actions: []string{"config:DescribeConfigurationRecorders"},
		Filled: []string{
			"name", "recording_group[].all_supported", "recording_group[].include_global_resource_types", "recording_group[].resource_types", "role_arn",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s, configservice.NewFromConfig).DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
			if err != nil {
				return err
			}
			for _, r := range got.ConfigurationRecorders {
				values := map[string]any{"name": r.Name, "role_arn": r.RoleARN}
				if g := r.RecordingGroup; g != nil {
					values["recording_group"] = aws.Block(map[string]any{
						"all_supported":                 g.AllSupported,
						"include_global_resource_types": g.IncludeGlobalResourceTypes,
						"resource_types":                aws.Set[cfgtypes.ResourceType](g.ResourceTypes),
					})
				}
				out.Add(aws.Item{ID: aws.String(r.Name), Values: values})
			}
			return nil
		},
	}
}
