package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func cloudWatchLogGroup() aws.Type {
	return aws.Type{
		Name:       "aws_cloudwatch_log_group",
		Service:    "logs",
		Actions:    []string{"logs:DescribeLogGroups", "logs:ListTagsForResource"},
		Filled:     []string{"arn", "kms_key_id", "log_group_class", "name", "retention_in_days", "tags"},
		ConfigOnly: []string{"name_prefix", "skip_destroy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, cloudwatchlogs.NewFromConfig)
			var groups []logstypes.LogGroup
			p := cloudwatchlogs.NewDescribeLogGroupsPaginator(c, &cloudwatchlogs.DescribeLogGroupsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				groups = append(groups, page.LogGroups...)
			}
			return aws.Each(ctx, out, groups, func(ctx context.Context, g logstypes.LogGroup) error {
				arn := strings.TrimSuffix(aws.String(g.Arn), ":*") // as the provider writes it
				it := aws.Item{ID: aws.String(g.LogGroupName), ARN: arn, Values: map[string]any{
					"kms_key_id":        g.KmsKeyId,
					"log_group_class":   g.LogGroupClass,
					"name":              g.LogGroupName,
					"retention_in_days": g.RetentionInDays,
				}}
				tags, err := c.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
				if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
					return nil
				}
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.TagMap(tags.Tags)
				}
				out.Add(it)
				return nil
			})
		},
	}
}
