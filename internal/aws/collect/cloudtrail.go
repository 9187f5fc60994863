package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func cloudTrail() aws.Type {
	return aws.Type{
		Name:    "aws_cloudtrail",
		Service: "cloudtrail",
		Actions: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"},
		Filled: []string{
			"arn", "cloud_watch_logs_group_arn", "cloud_watch_logs_role_arn", "enable_log_file_validation", "enable_logging", "home_region",
			"include_global_service_events", "is_multi_region_trail", "is_organization_trail", "kms_key_id", "name", "s3_bucket_name",
			"s3_key_prefix", "tags",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, cloudtrail.NewFromConfig)
			shadows := false // a trail belongs to its home region
			list, err := c.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: &shadows})
			if err != nil {
				return err
			}
			return aws.Each(ctx, out, list.TrailList, func(ctx context.Context, t cttypes.Trail) error {
				it := aws.Item{ID: aws.String(t.TrailARN), ARN: aws.String(t.TrailARN), Name: aws.String(t.Name), Values: map[string]any{
					"cloud_watch_logs_group_arn":    t.CloudWatchLogsLogGroupArn,
					"cloud_watch_logs_role_arn":     t.CloudWatchLogsRoleArn,
					"enable_log_file_validation":    t.LogFileValidationEnabled,
					"home_region":                   t.HomeRegion,
					"include_global_service_events": t.IncludeGlobalServiceEvents,
					"is_multi_region_trail":         t.IsMultiRegionTrail,
					"is_organization_trail":         t.IsOrganizationTrail,
					"kms_key_id":                    t.KmsKeyId,
					"name":                          t.Name,
					"s3_bucket_name":                t.S3BucketName,
					"s3_key_prefix":                 t.S3KeyPrefix,
				}}
				status, err := c.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN})
				if err != nil {
					if err := out.Miss(&it, err, "enable_logging"); err != nil {
						return err
					}
				} else {
					it.Values["enable_logging"] = status.IsLogging
				}
				tags, err := c.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{aws.String(t.TrailARN)}})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					var list []cttypes.Tag
					for _, r := range tags.ResourceTagList {
						list = append(list, r.TagsList...)
					}
					it.Values["tags"] = aws.Tags(list, func(t cttypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}
