package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	elasticachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// elasticacheTags fills in an item's tags.
func elasticacheTags(ctx context.Context, c *elasticache.Client, it *aws.Item, out *aws.Out) error {
	got, err := c.ListTagsForResource(ctx, &elasticache.ListTagsForResourceInput{ResourceName: &it.ARN})
	if err != nil {
		return out.Miss(it, err, "tags")
	}
	it.Values["tags"] = aws.Tags(got.TagList, func(t elasticachetypes.Tag) (*string, *string) { return t.Key, t.Value })
	return nil
}

// elasticacheLogs makes the set of the blocks log_delivery_configuration.
func elasticacheLogs(list []elasticachetypes.LogDeliveryConfiguration) []any {
	return aws.SetOf(list, func(l elasticachetypes.LogDeliveryConfiguration) map[string]any {
		v := map[string]any{"destination_type": l.DestinationType, "log_format": l.LogFormat, "log_type": l.LogType}
		if d := l.DestinationDetails; d != nil {
			if d.CloudWatchLogsDetails != nil {
				v["destination"] = d.CloudWatchLogsDetails.LogGroup
			}
			if d.KinesisFirehoseDetails != nil {
				v["destination"] = d.KinesisFirehoseDetails.DeliveryStream
			}
		}
		return v
	})
}
