package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func cloudWatchMetricAlarm() aws.Type {
	return aws.Type{
		Name:    "aws_cloudwatch_metric_alarm",
		Service: "cloudwatch",
		Actions: []string{"cloudwatch:DescribeAlarms"},
		// The list does not tell tags.
		Filled: []string{
			"actions_enabled", "alarm_actions", "alarm_description", "alarm_name", "arn", "comparison_operator", "datapoints_to_alarm",
			"evaluation_periods", "insufficient_data_actions", "metric_name", "namespace", "ok_actions", "period", "statistic",
			"threshold", "treat_missing_data", "unit",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := cloudwatch.NewDescribeAlarmsPaginator(aws.Client(s, cloudwatch.NewFromConfig), &cloudwatch.DescribeAlarmsInput{
				AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm},
			})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, a := range page.MetricAlarms {
					missing := any(a.TreatMissingData)
					if aws.String(a.TreatMissingData) == "" {
						missing = "missing" // the provider's default
					}
					out.Add(aws.Item{ID: aws.String(a.AlarmName), ARN: aws.String(a.AlarmArn), Values: map[string]any{
						"actions_enabled":           a.ActionsEnabled,
						"alarm_actions":             aws.Set(a.AlarmActions),
						"alarm_description":         a.AlarmDescription,
						"alarm_name":                a.AlarmName,
						"comparison_operator":       a.ComparisonOperator,
						"datapoints_to_alarm":       a.DatapointsToAlarm,
						"evaluation_periods":        a.EvaluationPeriods,
						"insufficient_data_actions": aws.Set(a.InsufficientDataActions),
						"metric_name":               a.MetricName,
						"namespace":                 a.Namespace,
						"ok_actions":                aws.Set(a.OKActions),
						"period":                    a.Period,
						"statistic":                 a.Statistic,
						"threshold":                 a.Threshold,
						"treat_missing_data":        missing,
						"unit":                      a.Unit,
					}})
				}
			}
			return nil
		},
	}
}
