package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func sfnStateMachine() aws.Type {
	return aws.Type{
		Name:    "aws_sfn_state_machine",
		Service: "states",
		Actions: []string{"states:DescribeStateMachine", "states:ListStateMachines", "states:ListTagsForResource"},
		Filled: []string{
			"arn", "creation_date", "definition", "description", "encryption_configuration", "logging_configuration", "name",
			"revision_id", "role_arn", "status", "tags", "tracing_configuration", "type",
		},
		ConfigOnly: []string{"name_prefix", "publish", "timeouts"},
		Volatile:   []string{"revision_id", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, sfn.NewFromConfig)
			var list []sfntypes.StateMachineListItem
			p := sfn.NewListStateMachinesPaginator(c, &sfn.ListStateMachinesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.StateMachines...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, m sfntypes.StateMachineListItem) error {
				arn := aws.String(m.StateMachineArn)
				it := aws.Item{ID: arn, ARN: arn, Name: aws.String(m.Name), Values: map[string]any{
					"creation_date": m.CreationDate, "name": m.Name, "type": m.Type,
				}}
				got, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
				if aws.Is(err, "StateMachineDoesNotExist") { // deleted meanwhile
					return nil
				}
				if err != nil {
					return unread(out, sfnStateMachine().Filled, it, err)
				}
				sfnStateMachineValues(got, it.Values)
				tags, err := c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.Tags(tags.Tags, func(t sfntypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func sfnStateMachineValues(d *sfn.DescribeStateMachineOutput, v map[string]any) {
	v["definition"] = d.Definition
	v["description"] = d.Description
	v["encryption_configuration"] = []any{}
	if e := d.EncryptionConfiguration; e != nil {
		v["encryption_configuration"] = aws.Block(map[string]any{
			"kms_data_key_reuse_period_seconds": e.KmsDataKeyReusePeriodSeconds, "kms_key_id": e.KmsKeyId, "type": e.Type,
		})
	}
	v["logging_configuration"] = []any{}
	if l := d.LoggingConfiguration; l != nil {
		block := map[string]any{"include_execution_data": l.IncludeExecutionData, "level": l.Level}
		if len(l.Destinations) > 0 && l.Destinations[0].CloudWatchLogsLogGroup != nil {
			block["log_destination"] = l.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn
		}
		v["logging_configuration"] = aws.Block(block)
	}
	v["revision_id"] = d.RevisionId
	v["role_arn"] = d.RoleArn
	v["status"] = d.Status
	v["tracing_configuration"] = []any{}
	if t := d.TracingConfiguration; t != nil {
		v["tracing_configuration"] = aws.Block(map[string]any{"enabled": t.Enabled})
	}
}
