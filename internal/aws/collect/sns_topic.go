package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func snsTopic() aws.Type {
	return aws.Type{
		Name:       "aws_sns_topic",
		Service:    "sns",
		Actions:    []string{"sns:GetTopicAttributes", "sns:ListTagsForResource", "sns:ListTopics"},
		Filled:     []string{"arn", "content_based_deduplication", "display_name", "fifo_topic", "kms_master_key_id", "name", "owner", "policy", "tags"},
		ConfigOnly: []string{"name_prefix"},
		Overlap:    []string{"policy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, sns.NewFromConfig)
			var topics []snstypes.Topic
			p := sns.NewListTopicsPaginator(c, &sns.ListTopicsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				topics = append(topics, page.Topics...)
			}
			return aws.Each(ctx, out, topics, func(ctx context.Context, t snstypes.Topic) error {
				arn := aws.String(t.TopicArn)
				name := arn[strings.LastIndexByte(arn, ':')+1:]
				it := aws.Item{ID: arn, ARN: arn, Name: name, Values: map[string]any{"name": name}}
				got, err := c.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: t.TopicArn})
				if aws.Is(err, "NotFound", "NotFoundException") { // deleted meanwhile
					return nil
				}
				if err != nil {
					if err := out.Miss(&it, err, "content_based_deduplication", "display_name", "fifo_topic", "kms_master_key_id", "owner", "policy"); err != nil {
						return err
					}
				} else {
					a := got.Attributes
					policy := a["Policy"]
					it.Values["content_based_deduplication"] = a["ContentBasedDeduplication"] == "true"
					it.Values["display_name"] = a["DisplayName"]
					it.Values["fifo_topic"] = a["FifoTopic"] == "true"
					it.Values["kms_master_key_id"] = a["KmsMasterKeyId"]
					it.Values["owner"] = a["Owner"]
					it.Values["policy"] = aws.PolicyJSON(&policy)
				}
				tags, err := c.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: t.TopicArn})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.Tags(tags.Tags, func(t snstypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}
