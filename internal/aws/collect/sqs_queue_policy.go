package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

func sqsQueuePolicy() aws.Type {
	return aws.Type{
		Name:    "aws_sqs_queue_policy",
		Service: "sqs",
		Parent:  "aws_sqs_queue",
		Actions: sqsActions,
		Filled:  []string{"policy", "queue_url"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			queues, err := sqsQueues(ctx, s, out)
			if err != nil {
				return err
			}
			for _, q := range queues {
				if q.err != nil {
					if err := out.Gap(q.url, q.err); err != nil {
						return err
					}
					continue
				}
				if policy := q.attributes["Policy"]; policy != "" {
					out.Add(aws.Item{ID: q.url, Name: q.name, Values: map[string]any{"policy": aws.PolicyJSON(&policy), "queue_url": q.url}})
				}
			}
			return nil
		},
	}
}
