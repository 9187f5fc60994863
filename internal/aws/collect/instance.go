package collect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func instance() aws.Type {
	return aws.Type{
		Name:    "aws_instance",
		Service: "ec2",
		Actions: []string{"ec2:DescribeInstances", "ec2:DescribeVolumes"},
		Filled: []string{
			"ami", "arn", "associate_public_ip_address", "availability_zone", "ebs_block_device", "ebs_optimized", "iam_instance_profile",
			"instance_state", "instance_type", "key_name", "metadata_options", "monitoring", "private_ip", "public_ip", "root_block_device",
			"source_dest_check", "subnet_id", "tags", "tenancy", "vpc_security_group_ids",
		},
		ConfigOnly: []string{"get_password_data", "user_data", "user_data_base64", "user_data_replace_on_change", "volume_tags"},
		Overlap:    []string{"ebs_block_device"},
		Volatile:   []string{"instance_state", "public_ip"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			volumes := map[string]ec2types.Volume{}
			list, volumesErr := ec2Volumes(ctx, s)
			for _, v := range list {
				volumes[aws.String(v.VolumeId)] = v
			}
			p := ec2.NewDescribeInstancesPaginator(ec2Client(s), &ec2.DescribeInstancesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, r := range page.Reservations {
					for _, i := range r.Instances {
						if i.State != nil && i.State.Name == ec2types.InstanceStateNameTerminated { // gone to the provider
							continue
						}
						it := instanceItem(s, i)
						root, others, err := blockDevices(i, volumes)
						if err = cmp.Or(volumesErr, err); err != nil {
							if err := out.Miss(&it, err, "ebs_block_device", "root_block_device"); err != nil {
								return err
							}
						} else {
							it.Values["root_block_device"], it.Values["ebs_block_device"] = root, others
						}
						out.Add(it)
					}
				}
			}
			return nil
		},
	}
}

func instanceItem(s *aws.Session, i ec2types.Instance) aws.Item {
	id := aws.String(i.InstanceId)
	values := map[string]any{
		"ami":                         i.ImageId,
		"associate_public_ip_address": publicAddress(i),
		"ebs_optimized":               i.EbsOptimized,
		"instance_type":               i.InstanceType,
		"key_name":                    i.KeyName,
		"private_ip":                  i.PrivateIpAddress,
		"public_ip":                   i.PublicIpAddress,
		"source_dest_check":           i.SourceDestCheck,
		"subnet_id":                   i.SubnetId,
		"tags":                        ec2Tags(i.Tags),
	}
	if i.State != nil {
		values["instance_state"] = i.State.Name
	}
	if i.Monitoring != nil {
		values["monitoring"] = i.Monitoring.State == ec2types.MonitoringStateEnabled || i.Monitoring.State == ec2types.MonitoringStatePending
	}
	if p := i.Placement; p != nil {
		values["availability_zone"], values["tenancy"] = p.AvailabilityZone, p.Tenancy
	}
	if p := i.IamInstanceProfile; p != nil {
		arn := aws.String(p.Arn)
		values["iam_instance_profile"] = arn[strings.LastIndexByte(arn, '/')+1:]
	}
	if m := i.MetadataOptions; m != nil {
		values["metadata_options"] = aws.Block(map[string]any{
			"http_endpoint":               m.HttpEndpoint,
			"http_protocol_ipv6":          m.HttpProtocolIpv6,
			"http_put_response_hop_limit": m.HttpPutResponseHopLimit,
			"http_tokens":                 m.HttpTokens,
			"instance_metadata_tags":      m.InstanceMetadataTags,
		})
	}
	groups := make([]string, 0, len(i.SecurityGroups))
	for _, g := range i.SecurityGroups {
		groups = append(groups, aws.String(g.GroupId))
	}
	values["vpc_security_group_ids"] = aws.Set(groups)
	return aws.Item{ID: id, ARN: s.ARN("ec2", "instance/"+id), Values: values}
}

// publicAddress tells, as the provider does, whether the first interface has an
// address of its own in the Internet.
func publicAddress(i ec2types.Instance) bool {
	for _, n := range i.NetworkInterfaces {
		if n.Attachment != nil && n.Attachment.DeviceIndex != nil && *n.Attachment.DeviceIndex == 0 {
			return n.Association != nil
		}
	}
	return false
}

// blockDevices makes the blocks of the root volume and of the others. A volume
// that the list does not hold, since it was attached between the two calls, makes
// them unknown: without it the instance would seem to have another disk, or none.
func blockDevices(i ec2types.Instance, volumes map[string]ec2types.Volume) (root, others []any, err error) {
	type device struct {
		name   *string
		volume ec2types.Volume
		delete *bool
	}
	var list []device
	root = []any{}
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs == nil {
			continue
		}
		v, known := volumes[aws.String(m.Ebs.VolumeId)]
		if !known {
			return nil, nil, fmt.Errorf("the volume %s is attached and not listed", aws.String(m.Ebs.VolumeId))
		}
		d := device{m.DeviceName, v, m.Ebs.DeleteOnTermination}
		if aws.String(m.DeviceName) == aws.String(i.RootDeviceName) {
			root = aws.Block(deviceBlock(d.name, d.volume, d.delete))
			continue
		}
		list = append(list, d)
	}
	return root, aws.SetOf(list, func(d device) map[string]any {
		block := deviceBlock(d.name, d.volume, d.delete)
		block["snapshot_id"] = d.volume.SnapshotId
		return block
	}), nil
}

func deviceBlock(name *string, v ec2types.Volume, deleted *bool) map[string]any {
	return map[string]any{
		"delete_on_termination": deleted,
		"device_name":           name,
		"encrypted":             v.Encrypted,
		"iops":                  v.Iops,
		"kms_key_id":            v.KmsKeyId,
		"tags":                  ec2Tags(v.Tags),
		"throughput":            v.Throughput,
		"volume_id":             v.VolumeId,
		"volume_size":           v.Size,
		"volume_type":           v.VolumeType,
	}
}
