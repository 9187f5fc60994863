package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/parapet-dev/parapet/internal/aws"
)

func flowLog() aws.Type {
	return aws.Type{
		Name:    "aws_flow_log",
		Service: "ec2",
		Actions: []string{"ec2:DescribeFlowLogs"},
		Filled: []string{
			"arn", "iam_role_arn", "log_destination_type", "log_format", "max_aggregation_interval", "tags", "traffic_type", "vpc_id",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeFlowLogsPaginator(ec2Client(s), &ec2.DescribeFlowLogsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, l := range page.FlowLogs {
					values := map[string]any{
						"iam_role_arn":             l.DeliverLogsPermissionArn,
						"log_destination_type":     l.LogDestinationType,
						"log_format":               l.LogFormat,
						"max_aggregation_interval": l.MaxAggregationInterval,
						"tags":                     ec2Tags(l.Tags),
						"traffic_type":             l.TrafficType,
					}
					if on := aws.String(l.ResourceId); len(on) > 4 && on[:4] == "vpc-" {
						values["vpc_id"] = on
					}
					out.Add(aws.Item{ID: aws.String(l.FlowLogId), ARN: s.ARN("ec2", "vpc-flow-log/"+aws.String(l.FlowLogId)), Values: values})
				}
			}
			return nil
		},
	}
}
