package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// sqsActions are what eachQueue needs.
var sqsActions = []string{"sqs:GetQueueAttributes", "sqs:ListQueues"}

// queue is a queue with its attributes, as the API names them.
type queue struct {
	url, name  string
	attributes map[string]string
	err        error // why there are no attributes
}

// sqsQueues lists the queues of the region with their attributes.
func sqsQueues(ctx context.Context, s *aws.Session, out *aws.Out) ([]queue, error) {
	return aws.Once(ctx, s, "sqs:GetQueueAttributes", func(ctx context.Context) ([]queue, error) {
		c := aws.Client(s, sqs.NewFromConfig)
		var urls []string
		size := int32(1000) // without it there is one page, and no next
		p := sqs.NewListQueuesPaginator(c, &sqs.ListQueuesInput{MaxResults: &size})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			urls = append(urls, page.QueueUrls...)
		}
		list := make([]queue, len(urls))
		indexes := make([]int, len(urls))
		for i := range indexes {
			indexes[i] = i
		}
		err := aws.Each(ctx, out, indexes, func(ctx context.Context, i int) error {
			q := queue{url: urls[i], name: urls[i][strings.LastIndexByte(urls[i], '/')+1:]}
			got, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
				QueueUrl: &urls[i], AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
			})
			switch {
			case ctx.Err() != nil:
				return err
			case aws.Is(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"): // deleted meanwhile
				return nil
			case err != nil:
				q.err = err
			default:
				q.attributes = got.Attributes
			}
			list[i] = q
			return nil
		})
		if err != nil {
			return nil, err
		}
		var there []queue
		for _, q := range list {
			if q.url != "" {
				there = append(there, q)
			}
		}
		return there, nil
	})
}

// number reads a number of the attributes; what is not there is absent.
func (q queue) number(name string) any {
	if v, ok := q.attributes[name]; ok {
		return jsonNumber(v)
	}
	return nil
}

// text reads a text of the attributes; what is not there is absent.
func (q queue) text(name string) any {
	if v, ok := q.attributes[name]; ok {
		return v
	}
	return nil
}
