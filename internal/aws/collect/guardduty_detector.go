package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	gdtypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func guardDutyDetector() aws.Type {
	return aws.Type{
		Name:    "aws_guardduty_detector",
		Service: "guardduty",
		Actions: []string{"guardduty:GetDetector", "guardduty:ListDetectors"},
		Filled:  []string{"arn", "enable", "finding_publishing_frequency", "tags"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, guardduty.NewFromConfig)
			p := guardduty.NewListDetectorsPaginator(c, &guardduty.ListDetectorsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, id := range page.DetectorIds {
					it := aws.Item{ID: id, ARN: s.ARN("guardduty", "detector/"+id), Values: map[string]any{}}
					got, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
					if err != nil {
						if err := out.Miss(&it, err, "enable", "finding_publishing_frequency", "tags"); err != nil {
							return err
						}
					} else {
						it.Values["enable"] = got.Status == gdtypes.DetectorStatusEnabled
						it.Values["finding_publishing_frequency"] = got.FindingPublishingFrequency
						it.Values["tags"] = aws.TagMap(got.Tags)
					}
					out.Add(it)
				}
			}
			return nil
		},
	}
}
