package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ami() aws.Type {
	return aws.Type{
		Name:    "aws_ami",
		Service: "ec2",
		Actions: []string{"ec2:DescribeImages"},
		Filled: []string{
			"architecture", "arn", "boot_mode", "deprecation_time", "description", "ebs_block_device", "ena_support",
			"ephemeral_block_device", "hypervisor", "image_location", "image_owner_alias", "image_type", "imds_support", "kernel_id",
			"name", "owner_id", "platform", "platform_details", "public", "ramdisk_id", "root_device_name", "root_snapshot_id",
			"sriov_net_support", "tags", "tpm_support", "usage_operation", "virtualization_type",
		},
		ConfigOnly: []string{"manage_ebs_snapshots", "timeouts"},
		Volatile:   []string{"last_launched_time"},
		// The same images, by how they were made.
		StandsFor: []string{"aws_ami_copy", "aws_ami_from_instance"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			all, size := true, ec2Page
			p := ec2.NewDescribeImagesPaginator(ec2Client(s), &ec2.DescribeImagesInput{
				Owners: []string{"self"}, IncludeDeprecated: &all, IncludeDisabled: &all, MaxResults: &size,
			})
			return eachPage(ctx, p, func(page *ec2.DescribeImagesOutput) {
				for _, i := range page.Images {
					if i.State != ec2types.ImageStateDeregistered {
						out.Add(amiItem(s, i))
					}
				}
			})
		},
	}
}

func amiItem(s *aws.Session, i ec2types.Image) aws.Item {
	id := aws.String(i.ImageId)
	v := map[string]any{
		"architecture":        i.Architecture,
		"boot_mode":           i.BootMode,
		"deprecation_time":    i.DeprecationTime,
		"description":         i.Description,
		"ena_support":         i.EnaSupport,
		"hypervisor":          i.Hypervisor,
		"image_location":      i.ImageLocation,
		"image_owner_alias":   i.ImageOwnerAlias,
		"image_type":          i.ImageType,
		"imds_support":        i.ImdsSupport,
		"kernel_id":           i.KernelId,
		"name":                i.Name,
		"owner_id":            i.OwnerId,
		"platform":            i.Platform,
		"platform_details":    i.PlatformDetails,
		"public":              i.Public,
		"ramdisk_id":          i.RamdiskId,
		"root_device_name":    i.RootDeviceName,
		"sriov_net_support":   i.SriovNetSupport,
		"tags":                ec2Tags(i.Tags),
		"tpm_support":         i.TpmSupport,
		"usage_operation":     i.UsageOperation,
		"virtualization_type": i.VirtualizationType,
	}
	var disks, ephemeral []ec2types.BlockDeviceMapping
	for _, m := range i.BlockDeviceMappings {
		switch {
		case m.Ebs != nil:
			disks = append(disks, m)
			if aws.String(m.DeviceName) == aws.String(i.RootDeviceName) {
				v["root_snapshot_id"] = m.Ebs.SnapshotId
			}
		case m.VirtualName != nil:
			ephemeral = append(ephemeral, m)
		}
	}
	v["ebs_block_device"] = aws.SetOf(disks, func(m ec2types.BlockDeviceMapping) map[string]any {
		return map[string]any{
			"delete_on_termination": m.Ebs.DeleteOnTermination,
			"device_name":           m.DeviceName,
			"encrypted":             m.Ebs.Encrypted,
			"iops":                  m.Ebs.Iops,
			"outpost_arn":           m.Ebs.OutpostArn,
			"snapshot_id":           m.Ebs.SnapshotId,
			"throughput":            m.Ebs.Throughput,
			"volume_size":           m.Ebs.VolumeSize,
			"volume_type":           m.Ebs.VolumeType,
		}
	})
	v["ephemeral_block_device"] = aws.SetOf(ephemeral, func(m ec2types.BlockDeviceMapping) map[string]any {
		return map[string]any{"device_name": m.DeviceName, "virtual_name": m.VirtualName}
	})
	// The ARN of an image names no account.
	arn := strings.Join([]string{"arn", s.Partition, "ec2", s.Region, "", "image/" + id}, ":")
	return aws.Item{ID: id, ARN: arn, Name: aws.String(i.Name), Values: v}
}
