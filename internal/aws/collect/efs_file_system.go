package collect

import (
	"context"

	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func efsFileSystem() aws.Type {
	return aws.Type{
		Name:    "aws_efs_file_system",
		Service: "elasticfilesystem",
		Actions: []string{efsListAction},
		Filled: []string{
			"arn", "availability_zone_id", "availability_zone_name", "creation_token", "encrypted", "kms_key_id", "name",
			"number_of_mount_targets", "owner_id", "performance_mode", "protection", "provisioned_throughput_in_mibps", "tags",
			"throughput_mode",
		},
		ConfigOnly: []string{},
		Volatile:   []string{"number_of_mount_targets", "size_in_bytes"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := efsFileSystems(ctx, s)
			if err != nil {
				return err
			}
			for _, f := range list {
				out.Add(aws.Item{ID: aws.String(f.FileSystemId), ARN: aws.String(f.FileSystemArn), Name: aws.String(f.Name), Values: efsFileSystemValues(f)})
			}
			return nil
		},
	}
}

func efsFileSystemValues(f efstypes.FileSystemDescription) map[string]any {
	v := map[string]any{
		"availability_zone_id":            f.AvailabilityZoneId,
		"availability_zone_name":          f.AvailabilityZoneName,
		"creation_token":                  f.CreationToken,
		"encrypted":                       f.Encrypted,
		"kms_key_id":                      f.KmsKeyId,
		"name":                            f.Name,
		"number_of_mount_targets":         f.NumberOfMountTargets,
		"owner_id":                        f.OwnerId,
		"performance_mode":                f.PerformanceMode,
		"protection":                      []any{},
		"provisioned_throughput_in_mibps": f.ProvisionedThroughputInMibps,
		"tags":                            aws.Tags(f.Tags, func(t efstypes.Tag) (*string, *string) { return t.Key, t.Value }),
		"throughput_mode":                 f.ThroughputMode,
	}
	if p := f.FileSystemProtection; p != nil {
		v["protection"] = aws.Block(map[string]any{"replication_overwrite": p.ReplicationOverwriteProtection})
	}
	return v
}
