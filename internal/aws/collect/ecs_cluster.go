package collect

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecsDescribed is how many clusters one call describes, at most.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeClusters.html
const ecsDescribed = 100

func ecsCluster() aws.Type {
	return aws.Type{
		Name:    "aws_ecs_cluster",
		Service: "ecs",
		Actions: []string{"ecs:DescribeClusters", ecsListAction},
		Filled:  []string{"arn", "configuration", "name", "service_connect_defaults", "setting", "tags"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			arns, err := ecsClusters(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, ecs.NewFromConfig)
			for some := range slices.Chunk(arns, ecsDescribed) {
				got, err := c.DescribeClusters(ctx, &ecs.DescribeClustersInput{Clusters: some, Include: []ecstypes.ClusterField{
					ecstypes.ClusterFieldConfigurations, ecstypes.ClusterFieldSettings, ecstypes.ClusterFieldTags,
				}})
				if err != nil {
					return err
				}
				for _, f := range got.Failures {
					if aws.String(f.Reason) != ecsMissing {
						return fmt.Errorf("%s was not described: %s %s", aws.String(f.Arn), aws.String(f.Reason), aws.String(f.Detail))
					}
				}
				for _, cluster := range got.Clusters {
					if aws.String(cluster.Status) != ecsInactive {
						out.Add(ecsClusterItem(cluster))
					}
				}
			}
			return nil
		},
	}
}

func ecsClusterItem(c ecstypes.Cluster) aws.Item {
	v := map[string]any{
		"configuration":            []any{},
		"name":                     c.ClusterName,
		"service_connect_defaults": []any{},
		"setting": aws.SetOf(c.Settings, func(s ecstypes.ClusterSetting) map[string]any {
			return map[string]any{"name": s.Name, "value": s.Value}
		}),
		"tags": ecsTags(c.Tags),
	}
	if d := c.ServiceConnectDefaults; d != nil {
		v["service_connect_defaults"] = aws.Block(map[string]any{"namespace": d.Namespace})
	}
	if x := c.Configuration; x != nil {
		command, storage := []any{}, []any{}
		if e := x.ExecuteCommandConfiguration; e != nil {
			logs := []any{}
			if l := e.LogConfiguration; l != nil {
				logs = aws.Block(map[string]any{
					"cloud_watch_encryption_enabled": l.CloudWatchEncryptionEnabled,
					"cloud_watch_log_group_name":     l.CloudWatchLogGroupName,
					"s3_bucket_encryption_enabled":   l.S3EncryptionEnabled,
					"s3_bucket_name":                 l.S3BucketName,
					"s3_key_prefix":                  l.S3KeyPrefix,
				})
			}
			command = aws.Block(map[string]any{"kms_key_id": e.KmsKeyId, "log_configuration": logs, "logging": e.Logging})
		}
		if m := x.ManagedStorageConfiguration; m != nil {
			storage = aws.Block(map[string]any{
				"fargate_ephemeral_storage_kms_key_id": m.FargateEphemeralStorageKmsKeyId, "kms_key_id": m.KmsKeyId,
			})
		}
		v["configuration"] = aws.Block(map[string]any{"execute_command_configuration": command, "managed_storage_configuration": storage})
	}
	arn := aws.String(c.ClusterArn)
	return aws.Item{ID: arn, ARN: arn, Name: aws.String(c.ClusterName), Values: v}
}
