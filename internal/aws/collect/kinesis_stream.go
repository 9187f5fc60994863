package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func kinesisStream() aws.Type {
	return aws.Type{
		Name:    "aws_kinesis_stream",
		Service: "kinesis",
		Actions: []string{"kinesis:DescribeStreamSummary", "kinesis:ListStreams", "kinesis:ListTagsForStream"},
		Filled: []string{
			"arn", "encryption_type", "kms_key_id", "name", "retention_period", "shard_count", "shard_level_metrics",
			"stream_mode_details", "tags",
		},
		ConfigOnly: []string{"enforce_consumer_deletion", "timeouts"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, kinesis.NewFromConfig)
			var names []string
			p := kinesis.NewListStreamsPaginator(c, &kinesis.ListStreamsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				names = append(names, page.StreamNames...)
			}
			return aws.Each(ctx, out, names, func(ctx context.Context, name string) error {
				arn := s.ARN("kinesis", "stream/"+name)
				got, err := c.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
				if aws.Is(err, "ResourceNotFoundException") || err == nil && got.StreamDescriptionSummary == nil { // deleted meanwhile
					return nil
				}
				it := aws.Item{ID: arn, ARN: arn, Name: name, Values: map[string]any{"name": name}}
				if err != nil {
					return unread(out, kinesisStream().Filled, it, err)
				}
				kinesisStreamValues(got.StreamDescriptionSummary, it.Values)
				if err := kinesisTags(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func kinesisStreamValues(d *kinesistypes.StreamDescriptionSummary, v map[string]any) {
	v["encryption_type"] = d.EncryptionType
	v["kms_key_id"] = d.KeyId
	v["retention_period"] = d.RetentionPeriodHours
	v["shard_count"] = d.OpenShardCount
	v["stream_mode_details"] = []any{}
	if m := d.StreamModeDetails; m != nil {
		v["stream_mode_details"] = aws.Block(map[string]any{"stream_mode": m.StreamMode})
		if m.StreamMode == kinesistypes.StreamModeOnDemand {
			delete(v, "shard_count") // Kinesis sets it as it likes
		}
	}
	var metrics []kinesistypes.MetricsName
	for _, m := range d.EnhancedMonitoring {
		metrics = append(metrics, m.ShardLevelMetrics...)
	}
	v["shard_level_metrics"] = aws.Set(metrics)
}

// kinesisTags fills in the tags of a stream, which come in pages.
func kinesisTags(ctx context.Context, c *kinesis.Client, it *aws.Item, out *aws.Out) error {
	var tags []kinesistypes.Tag
	for in := (&kinesis.ListTagsForStreamInput{StreamName: &it.Name}); ; {
		page, err := c.ListTagsForStream(ctx, in)
		if err != nil {
			return out.Miss(it, err, "tags")
		}
		tags = append(tags, page.Tags...)
		if page.HasMoreTags == nil || !*page.HasMoreTags || len(page.Tags) == 0 {
			break
		}
		in.ExclusiveStartTagKey = page.Tags[len(page.Tags)-1].Key
	}
	it.Values["tags"] = aws.Tags(tags, func(t kinesistypes.Tag) (*string, *string) { return t.Key, t.Value })
	return nil
}
