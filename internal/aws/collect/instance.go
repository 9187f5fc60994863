package collect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func instance() aws.Type {
	return aws.Type{
		Name:    "aws_instance",
		Service: "ec2",
		Actions: []string{"ec2:DescribeInstanceAttribute", "ec2:DescribeInstances", "ec2:DescribeVolumes"},
		Filled: append([]string{
			"ami", "arn", "associate_public_ip_address", "availability_zone",
			"capacity_reservation_specification[].capacity_reservation_preference",
			"capacity_reservation_specification[].capacity_reservation_target", "cpu_core_count", "cpu_options[].amd_sev_snp",
			"cpu_options[].core_count", "cpu_options[].threads_per_core", "cpu_threads_per_core", "disable_api_termination",
		}, append(instanceVolumes("ebs_block_device", "snapshot_id"), append([]string{
			"ebs_optimized", "enclave_options[].enabled", "hibernation", "host_id", "host_resource_group_arn", "iam_instance_profile",
			"instance_lifecycle", "instance_state", "instance_type", "ipv6_address_count", "ipv6_addresses", "key_name",
			"maintenance_options[].auto_recovery", "metadata_options[].http_endpoint", "metadata_options[].http_protocol_ipv6",
			"metadata_options[].http_put_response_hop_limit", "metadata_options[].http_tokens",
			"metadata_options[].instance_metadata_tags", "monitoring", "outpost_arn", "placement_group", "placement_partition_number",
			"primary_network_interface_id", "private_dns", "private_dns_name_options[].enable_resource_name_dns_a_record",
			"private_dns_name_options[].enable_resource_name_dns_aaaa_record", "private_dns_name_options[].hostname_type", "private_ip",
			"public_dns", "public_ip",
		}, append(instanceVolumes("root_block_device"),
			"secondary_private_ips", "source_dest_check", "spot_instance_request_id", "subnet_id", "tags", "tenancy",
			"vpc_security_group_ids",
		)...)...)...),
		ConfigOnly: []string{
			"ephemeral_block_device", "get_password_data", "network_interface", "timeouts", "user_data", "user_data_base64",
			"user_data_replace_on_change", "volume_tags",
		},
		// Volumes can be resources of their own that are attached.
		Overlap:  []string{"ebs_block_device"},
		Volatile: []string{"instance_state", "public_dns", "public_ip"},
		Collect:  collectInstances,
	}
}

// instanceVolumes are the paths of a block device that the volumes tell, sorted.
func instanceVolumes(block string, more ...string) []string {
	paths := append([]string{
		"delete_on_termination", "device_name", "encrypted", "iops", "kms_key_id", "throughput", "volume_id", "volume_size", "volume_type",
	}, more...)
	for i, p := range paths {
		paths[i] = block + "[]." + p
	}
	slices.Sort(paths)
	return paths
}

func collectInstances(ctx context.Context, s *aws.Session, out *aws.Out) error {
	size := ec2Page
	c := aws.Client(s, ec2.NewFromConfig)
	var instances []ec2types.Instance
	p := ec2.NewDescribeInstancesPaginator(c, &ec2.DescribeInstancesInput{MaxResults: &size})
	err := eachPage(ctx, p, func(page *ec2.DescribeInstancesOutput) {
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if i.State == nil || i.State.Name != ec2types.InstanceStateNameTerminated {
					instances = append(instances, i)
				}
			}
		}
	})
	if err != nil || len(instances) == 0 {
		return err
	}
	volumes := map[string]ec2types.Volume{}
	list, unread := ec2Volumes(ctx, s)
	for _, v := range list {
		volumes[aws.String(v.VolumeId)] = v
	}
	return aws.Each(ctx, out, instances, func(ctx context.Context, i ec2types.Instance) error {
		it := instanceItem(i, s.ARN("ec2", "instance/"+aws.String(i.InstanceId)))
		err := unread
		if err == nil {
			err = instanceDevices(&it, i, volumes)
		}
		if err != nil {
			delete(it.Values, "ebs_block_device")
			delete(it.Values, "root_block_device")
			if err := out.Miss(&it, err, "ebs_block_device", "root_block_device"); err != nil {
				return err
			}
		}
		got, err := c.DescribeInstanceAttribute(ctx, &ec2.DescribeInstanceAttributeInput{
			Attribute: ec2types.InstanceAttributeNameDisableApiTermination, InstanceId: i.InstanceId,
		})
		switch {
		case aws.Is(err, "InvalidInstanceID.NotFound"):
			return nil // terminated meanwhile
		case err != nil:
			if err := out.Miss(&it, err, "disable_api_termination"); err != nil {
				return err
			}
		case got.DisableApiTermination != nil:
			it.Values["disable_api_termination"] = got.DisableApiTermination.Value
		}
		out.Add(it)
		return nil
	})
}

func instanceItem(i ec2types.Instance, arn string) aws.Item {
	v := map[string]any{
		"ami":                      i.ImageId,
		"ebs_optimized":            i.EbsOptimized,
		"instance_lifecycle":       i.InstanceLifecycle,
		"instance_type":            i.InstanceType,
		"key_name":                 i.KeyName,
		"outpost_arn":              i.OutpostArn,
		"private_dns":              i.PrivateDnsName,
		"private_ip":               i.PrivateIpAddress,
		"public_dns":               i.PublicDnsName,
		"public_ip":                i.PublicIpAddress,
		"source_dest_check":        i.SourceDestCheck,
		"spot_instance_request_id": i.SpotInstanceRequestId,
		"subnet_id":                i.SubnetId,
		"tags":                     ec2Tags(i.Tags),
		"vpc_security_group_ids":   ec2GroupIDs(i.SecurityGroups),
	}
	instanceHost(v, i)
	instanceOptions(v, i)
	instanceNetwork(v, i)
	return aws.Item{ID: aws.String(i.InstanceId), ARN: arn, Values: v}
}

// instanceHost sets what an instance runs on and as.
func instanceHost(v map[string]any, i ec2types.Instance) {
	if p := i.Placement; p != nil {
		v["availability_zone"] = p.AvailabilityZone
		v["host_id"] = p.HostId
		v["host_resource_group_arn"] = p.HostResourceGroupArn
		v["placement_group"] = p.GroupName
		v["placement_partition_number"] = p.PartitionNumber
		v["tenancy"] = p.Tenancy
	}
	if o := i.CpuOptions; o != nil {
		v["cpu_core_count"], v["cpu_threads_per_core"] = o.CoreCount, o.ThreadsPerCore
		v["cpu_options"] = aws.Block(map[string]any{
			"amd_sev_snp": o.AmdSevSnp, "core_count": o.CoreCount, "threads_per_core": o.ThreadsPerCore,
		})
	}
	if p := i.IamInstanceProfile; p != nil { // an ARN: the name is what follows the path
		name := aws.String(p.Arn)
		v["iam_instance_profile"] = name[strings.LastIndexByte(name, '/')+1:]
	}
	if i.State != nil {
		v["instance_state"] = i.State.Name
	}
	v["monitoring"] = i.Monitoring != nil &&
		(i.Monitoring.State == ec2types.MonitoringStateEnabled || i.Monitoring.State == ec2types.MonitoringStatePending)
}

// instanceOptions sets the blocks of options, each of which AWS may leave out.
func instanceOptions(v map[string]any, i ec2types.Instance) {
	if o := i.CapacityReservationSpecification; o != nil {
		target := []any{}
		if t := o.CapacityReservationTarget; t != nil {
			target = aws.Block(map[string]any{
				"capacity_reservation_id":                 t.CapacityReservationId,
				"capacity_reservation_resource_group_arn": t.CapacityReservationResourceGroupArn,
			})
		}
		v["capacity_reservation_specification"] = aws.Block(map[string]any{
			"capacity_reservation_preference": o.CapacityReservationPreference, "capacity_reservation_target": target,
		})
	}
	if o := i.EnclaveOptions; o != nil {
		v["enclave_options"] = aws.Block(map[string]any{"enabled": o.Enabled})
	}
	if o := i.HibernationOptions; o != nil {
		v["hibernation"] = o.Configured
	}
	if o := i.MaintenanceOptions; o != nil {
		v["maintenance_options"] = aws.Block(map[string]any{"auto_recovery": o.AutoRecovery})
	}
	if o := i.MetadataOptions; o != nil {
		v["metadata_options"] = aws.Block(map[string]any{
			"http_endpoint":               o.HttpEndpoint,
			"http_protocol_ipv6":          o.HttpProtocolIpv6,
			"http_put_response_hop_limit": o.HttpPutResponseHopLimit,
			"http_tokens":                 o.HttpTokens,
			"instance_metadata_tags":      o.InstanceMetadataTags,
		})
	}
	if o := i.PrivateDnsNameOptions; o != nil {
		v["private_dns_name_options"] = aws.Block(map[string]any{
			"enable_resource_name_dns_a_record":    o.EnableResourceNameDnsARecord,
			"enable_resource_name_dns_aaaa_record": o.EnableResourceNameDnsAAAARecord,
			"hostname_type":                        o.HostnameType,
		})
	}
}

// instanceNetwork sets what the primary network interface tells. An instance
// without one (EC2-Classic, or one that has none yet) has a public address if it
// says so itself.
func instanceNetwork(v map[string]any, i ec2types.Instance) {
	v["associate_public_ip_address"] = aws.String(i.PublicIpAddress) != ""
	addresses, secondary := []string{}, []string{}
	for _, n := range i.NetworkInterfaces {
		if n.Attachment == nil || n.Attachment.DeviceIndex == nil || *n.Attachment.DeviceIndex != 0 ||
			n.Attachment.NetworkCardIndex != nil && *n.Attachment.NetworkCardIndex != 0 {
			continue
		}
		v["associate_public_ip_address"] = n.Association != nil
		v["primary_network_interface_id"] = n.NetworkInterfaceId
		if n.SubnetId != nil {
			v["subnet_id"] = n.SubnetId
		}
		for _, a := range n.Ipv6Addresses {
			addresses = append(addresses, aws.String(a.Ipv6Address))
		}
		for _, a := range n.PrivateIpAddresses {
			if a.Primary == nil || !*a.Primary {
				secondary = append(secondary, aws.String(a.PrivateIpAddress))
			}
		}
	}
	v["ipv6_address_count"], v["ipv6_addresses"], v["secondary_private_ips"] = len(addresses), addresses, aws.Set(secondary)
}

// instanceDevices sets the block devices. It fails if one has no volume among
// those that were listed.
func instanceDevices(it *aws.Item, i ec2types.Instance, volumes map[string]ec2types.Volume) error {
	root, others := []any{}, []any{}
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs == nil {
			continue
		}
		id := aws.String(d.Ebs.VolumeId)
		v, ok := volumes[id]
		if !ok {
			return fmt.Errorf("the volume %s is attached and not listed", id)
		}
		device := map[string]any{
			"delete_on_termination": d.Ebs.DeleteOnTermination,
			"device_name":           d.DeviceName,
			"encrypted":             v.Encrypted,
			"iops":                  v.Iops,
			"kms_key_id":            v.KmsKeyId,
			"throughput":            v.Throughput,
			"volume_id":             id,
			"volume_size":           v.Size,
			"volume_type":           v.VolumeType,
		}
		if aws.String(d.DeviceName) == aws.String(i.RootDeviceName) {
			root = append(root, device)
			continue
		}
		device["snapshot_id"] = v.SnapshotId
		others = append(others, device)
	}
	it.Values["root_block_device"], it.Values["ebs_block_device"] = root, aws.SortSet(others)
	return nil
}
