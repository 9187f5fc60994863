package collect

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/parapet-dev/parapet/internal/aws"
)

func sqsQueue() aws.Type {
	filled := []string{
		"arn", "content_based_deduplication", "delay_seconds", "fifo_queue", "kms_data_key_reuse_period_seconds", "kms_master_key_id",
		"max_message_size", "message_retention_seconds", "name", "policy", "receive_wait_time_seconds", "redrive_policy",
		"sqs_managed_sse_enabled", "tags", "url", "visibility_timeout_seconds",
	}
	return aws.Type{
		Name:       "aws_sqs_queue",
		Service:    "sqs",
		Actions:    slices.Concat(sqsActions, []string{"sqs:ListQueueTags"}),
		Filled:     filled,
		ConfigOnly: []string{"name_prefix"},
		Overlap:    []string{"policy", "redrive_policy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			queues, err := sqsQueues(ctx, s, out)
			if err != nil {
				return err
			}
			c := aws.Client(s, sqs.NewFromConfig)
			return aws.Each(ctx, out, queues, func(ctx context.Context, q queue) error {
				it := aws.Item{ID: q.url, ARN: q.attributes["QueueArn"], Name: q.name, Values: map[string]any{"name": q.name, "url": q.url}}
				if q.err != nil {
					unread := slices.DeleteFunc(slices.Clone(filled), func(a string) bool { return a == "name" || a == "url" || a == "tags" })
					if err := out.Miss(&it, q.err, unread...); err != nil {
						return err
					}
				} else {
					q.fill(it.Values)
				}
				tags, err := c.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &q.url})
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

// fill writes the provider's attributes.
func (q queue) fill(values map[string]any) {
	policy, redrive := q.attributes["Policy"], q.attributes["RedrivePolicy"]
	reuse := q.number("KmsDataKeyReusePeriodSeconds")
	if reuse == nil {
		reuse = jsonNumber("300") // the provider's default
	}
	maps.Copy(values, map[string]any{
		"content_based_deduplication":       q.attributes["ContentBasedDeduplication"] == "true",
		"delay_seconds":                     q.number("DelaySeconds"),
		"fifo_queue":                        q.attributes["FifoQueue"] == "true",
		"kms_data_key_reuse_period_seconds": reuse,
		"kms_master_key_id":                 q.text("KmsMasterKeyId"),
		"max_message_size":                  q.number("MaximumMessageSize"),
		"message_retention_seconds":         q.number("MessageRetentionPeriod"),
		"policy":                            aws.PolicyJSON(&policy),
		"receive_wait_time_seconds":         q.number("ReceiveMessageWaitTimeSeconds"),
		"redrive_policy":                    aws.PolicyJSON(&redrive),
		"sqs_managed_sse_enabled":           q.attributes["SqsManagedSseEnabled"] == "true",
		"visibility_timeout_seconds":        q.number("VisibilityTimeout"),
	})
}

// jsonNumber is the number that a text of the API holds.
func jsonNumber(s string) json.Number { return json.Number(s) }
