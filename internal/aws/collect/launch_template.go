package collect

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func launchTemplate() aws.Type {
	return aws.Type{
		Name:    "aws_launch_template",
		Service: "ec2",
		Actions: []string{"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"},
		Filled: []string{
			"arn", "block_device_mappings", "capacity_reservation_specification", "cpu_options", "credit_specification",
			"default_version", "description", "disable_api_stop", "disable_api_termination", "ebs_optimized", "enclave_options",
			"hibernation_options", "iam_instance_profile", "image_id", "instance_initiated_shutdown_behavior",
			"instance_market_options", "instance_requirements", "instance_type", "kernel_id", "key_name", "latest_version",
			"license_specification", "maintenance_options", "metadata_options", "monitoring", "name", "network_interfaces",
			"placement", "private_dns_name_options", "ram_disk_id", "security_group_names", "tag_specifications", "tags",
			"vpc_security_group_ids",
		}, // and no user_data: people put passwords there, and no policy reads it
		ConfigOnly: []string{"name_prefix", "update_default_version"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			// As the provider does, the latest version of each stands for it. They
			// come first: a template that is not among them is newer than this list.
			c := aws.Client(s, ec2.NewFromConfig)
			latest := map[string]ec2types.LaunchTemplateVersion{}
			size := int32(200) // at most
			versions := ec2.NewDescribeLaunchTemplateVersionsPaginator(c, &ec2.DescribeLaunchTemplateVersionsInput{
				Versions: []string{"$Latest"}, MaxResults: &size,
			})
			err := eachPage(ctx, versions, func(page *ec2.DescribeLaunchTemplateVersionsOutput) {
				for _, v := range page.LaunchTemplateVersions {
					latest[aws.String(v.LaunchTemplateId)] = v
				}
			})
			if err != nil || len(latest) == 0 {
				return err
			}
			templates := ec2.NewDescribeLaunchTemplatesPaginator(c, &ec2.DescribeLaunchTemplatesInput{MaxResults: &size})
			return eachPage(ctx, templates, func(page *ec2.DescribeLaunchTemplatesOutput) {
				for _, t := range page.LaunchTemplates {
					id := aws.String(t.LaunchTemplateId)
					if v, ok := latest[id]; ok && v.LaunchTemplateData != nil {
						out.Add(launchTemplateItem(t, v, s.ARN("ec2", "launch-template/"+id)))
					}
				}
			})
		},
	}
}

func launchTemplateItem(t ec2types.LaunchTemplate, version ec2types.LaunchTemplateVersion, arn string) aws.Item {
	d := *version.LaunchTemplateData
	v := map[string]any{
		"block_device_mappings":                aws.Blocks(d.BlockDeviceMappings, launchTemplateDevice),
		"default_version":                      t.DefaultVersionNumber,
		"description":                          version.VersionDescription,
		"disable_api_stop":                     d.DisableApiStop,
		"disable_api_termination":              d.DisableApiTermination,
		"ebs_optimized":                        boolText(d.EbsOptimized),
		"image_id":                             d.ImageId,
		"instance_initiated_shutdown_behavior": d.InstanceInitiatedShutdownBehavior,
		"instance_requirements":                instanceRequirements(d.InstanceRequirements),
		"kernel_id":                            d.KernelId,
		"key_name":                             d.KeyName,
		"latest_version":                       version.VersionNumber,
		"license_specification": aws.SetOf(d.LicenseSpecifications, func(l ec2types.LaunchTemplateLicenseConfiguration) map[string]any {
			return map[string]any{"license_configuration_arn": l.LicenseConfigurationArn}
		}),
		"name":                 t.LaunchTemplateName,
		"network_interfaces":   aws.Blocks(d.NetworkInterfaces, launchTemplateInterface),
		"ram_disk_id":          d.RamDiskId,
		"security_group_names": aws.Set(d.SecurityGroups),
		"tag_specifications": aws.Blocks(d.TagSpecifications, func(s ec2types.LaunchTemplateTagSpecification) map[string]any {
			return map[string]any{"resource_type": s.ResourceType, "tags": ec2Tags(s.Tags)}
		}),
		"tags":                   ec2Tags(t.Tags),
		"vpc_security_group_ids": aws.Set(d.SecurityGroupIds),
	}
	if d.InstanceType != "" { // else it is left to the user of the template
		v["instance_type"] = d.InstanceType
	}
	launchTemplateHost(v, d)
	launchTemplateOptions(v, d)
	return aws.Item{ID: aws.String(t.LaunchTemplateId), ARN: arn, Name: aws.String(t.LaunchTemplateName), Values: v}
}

// launchTemplateHost sets the blocks that say what instances run on and as.
func launchTemplateHost(v map[string]any, d ec2types.ResponseLaunchTemplateData) {
	if r := d.CapacityReservationSpecification; r != nil {
		target := []any{}
		if t := r.CapacityReservationTarget; t != nil {
			target = aws.Block(map[string]any{
				"capacity_reservation_id":                 t.CapacityReservationId,
				"capacity_reservation_resource_group_arn": t.CapacityReservationResourceGroupArn,
			})
		}
		v["capacity_reservation_specification"] = aws.Block(map[string]any{
			"capacity_reservation_preference": r.CapacityReservationPreference, "capacity_reservation_target": target,
		})
	}
	if o := d.CpuOptions; o != nil {
		v["cpu_options"] = aws.Block(map[string]any{
			"amd_sev_snp": o.AmdSevSnp, "core_count": o.CoreCount, "threads_per_core": o.ThreadsPerCore,
		})
	}
	if c := d.CreditSpecification; c != nil {
		v["credit_specification"] = aws.Block(map[string]any{"cpu_credits": c.CpuCredits})
	}
	if p := d.IamInstanceProfile; p != nil {
		v["iam_instance_profile"] = aws.Block(map[string]any{"arn": p.Arn, "name": p.Name})
	}
	if m := d.InstanceMarketOptions; m != nil {
		spot := []any{}
		if o := m.SpotOptions; o != nil {
			spot = aws.Block(map[string]any{
				"block_duration_minutes":         o.BlockDurationMinutes,
				"instance_interruption_behavior": o.InstanceInterruptionBehavior,
				"max_price":                      o.MaxPrice,
				"spot_instance_type":             o.SpotInstanceType,
				"valid_until":                    o.ValidUntil,
			})
		}
		v["instance_market_options"] = aws.Block(map[string]any{"market_type": m.MarketType, "spot_options": spot})
	}
	if p := d.Placement; p != nil {
		v["placement"] = aws.Block(map[string]any{
			"affinity":                p.Affinity,
			"availability_zone":       p.AvailabilityZone,
			"group_name":              p.GroupName,
			"host_id":                 p.HostId,
			"host_resource_group_arn": p.HostResourceGroupArn,
			"partition_number":        p.PartitionNumber,
			"spread_domain":           p.SpreadDomain,
			"tenancy":                 p.Tenancy,
		})
	}
}

// launchTemplateOptions sets the blocks of options. One that the template does
// not have is left to what the account, the image or EC2 says at the launch.
func launchTemplateOptions(v map[string]any, d ec2types.ResponseLaunchTemplateData) {
	if o := d.EnclaveOptions; o != nil {
		v["enclave_options"] = aws.Block(map[string]any{"enabled": o.Enabled})
	}
	if o := d.HibernationOptions; o != nil {
		v["hibernation_options"] = aws.Block(map[string]any{"configured": o.Configured})
	}
	if o := d.MaintenanceOptions; o != nil {
		v["maintenance_options"] = aws.Block(map[string]any{"auto_recovery": o.AutoRecovery})
	}
	if o := d.MetadataOptions; o != nil {
		v["metadata_options"] = aws.Block(map[string]any{
			"http_endpoint":               o.HttpEndpoint,
			"http_protocol_ipv6":          o.HttpProtocolIpv6,
			"http_put_response_hop_limit": o.HttpPutResponseHopLimit,
			"http_tokens":                 o.HttpTokens,
			"instance_metadata_tags":      o.InstanceMetadataTags,
		})
	}
	if o := d.Monitoring; o != nil {
		v["monitoring"] = aws.Block(map[string]any{"enabled": o.Enabled})
	}
	if o := d.PrivateDnsNameOptions; o != nil {
		v["private_dns_name_options"] = aws.Block(map[string]any{
			"enable_resource_name_dns_a_record":    o.EnableResourceNameDnsARecord,
			"enable_resource_name_dns_aaaa_record": o.EnableResourceNameDnsAAAARecord,
			"hostname_type":                        o.HostnameType,
		})
	}
}

func launchTemplateDevice(m ec2types.LaunchTemplateBlockDeviceMapping) map[string]any {
	ebs := []any{}
	if e := m.Ebs; e != nil {
		ebs = aws.Block(map[string]any{
			"delete_on_termination":      boolText(e.DeleteOnTermination),
			"encrypted":                  boolText(e.Encrypted),
			"iops":                       e.Iops,
			"kms_key_id":                 e.KmsKeyId,
			"snapshot_id":                e.SnapshotId,
			"throughput":                 e.Throughput,
			"volume_initialization_rate": e.VolumeInitializationRate,
			"volume_size":                e.VolumeSize,
			"volume_type":                e.VolumeType,
		})
	}
	return map[string]any{"device_name": m.DeviceName, "ebs": ebs, "no_device": m.NoDevice, "virtual_name": m.VirtualName}
}

func launchTemplateInterface(n ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification) map[string]any {
	v := map[string]any{
		"associate_carrier_ip_address": boolText(n.AssociateCarrierIpAddress),
		"associate_public_ip_address":  boolText(n.AssociatePublicIpAddress),
		"delete_on_termination":        boolText(n.DeleteOnTermination),
		"description":                  n.Description,
		"device_index":                 n.DeviceIndex,
		"interface_type":               n.InterfaceType,
		"ipv4_address_count":           n.SecondaryPrivateIpAddressCount,
		"ipv4_addresses": textsOf(n.PrivateIpAddresses, func(a ec2types.PrivateIpAddressSpecification) *string {
			return a.PrivateIpAddress
		}),
		"ipv4_prefix_count": n.Ipv4PrefixCount,
		"ipv4_prefixes": textsOf(n.Ipv4Prefixes, func(p ec2types.Ipv4PrefixSpecificationResponse) *string {
			return p.Ipv4Prefix
		}),
		"ipv6_address_count": n.Ipv6AddressCount,
		"ipv6_addresses":     textsOf(n.Ipv6Addresses, func(a ec2types.InstanceIpv6Address) *string { return a.Ipv6Address }),
		"ipv6_prefix_count":  n.Ipv6PrefixCount,
		"ipv6_prefixes": textsOf(n.Ipv6Prefixes, func(p ec2types.Ipv6PrefixSpecificationResponse) *string {
			return p.Ipv6Prefix
		}),
		"network_card_index":   n.NetworkCardIndex,
		"network_interface_id": n.NetworkInterfaceId,
		"primary_ipv6":         boolText(n.PrimaryIpv6),
		"private_ip_address":   n.PrivateIpAddress,
		"security_groups":      aws.Set(n.Groups),
		"subnet_id":            n.SubnetId,
	}
	if c := n.ConnectionTrackingSpecification; c != nil {
		v["connection_tracking_specification"] = aws.Block(map[string]any{
			"tcp_established_timeout": c.TcpEstablishedTimeout,
			"udp_stream_timeout":      c.UdpStreamTimeout,
			"udp_timeout":             c.UdpTimeout,
		})
	}
	if e := n.EnaSrdSpecification; e != nil {
		udp := []any{}
		if u := e.EnaSrdUdpSpecification; u != nil {
			udp = aws.Block(map[string]any{"ena_srd_udp_enabled": u.EnaSrdUdpEnabled})
		}
		v["ena_srd_specification"] = aws.Block(map[string]any{"ena_srd_enabled": e.EnaSrdEnabled, "ena_srd_udp_specification": udp})
	}
	return v
}

// boolText is a boolean as the provider keeps it where it must tell false from
// not set: as a text.
func boolText(b *bool) any {
	if b == nil {
		return nil
	}
	return strconv.FormatBool(*b)
}
