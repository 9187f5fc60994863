package collect

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// launchTemplate reads the newest version of every template, as the provider
// does.
func launchTemplate() aws.Type {
	return aws.Type{
		Name:    "aws_launch_template",
		Service: "ec2",
		Actions: []string{"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates"},
		Filled: []string{
			"arn", "block_device_mappings[].device_name", "block_device_mappings[].ebs", "default_version", "ebs_optimized", "image_id",
			"instance_type", "key_name", "latest_version", "metadata_options", "name", "network_interfaces[].associate_public_ip_address",
			"network_interfaces[].device_index", "network_interfaces[].subnet_id", "tags", "vpc_security_group_ids",
		},
		ConfigOnly: []string{"name_prefix", "update_default_version"},
		Volatile:   []string{"latest_version"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := ec2Client(s)
			var templates []ec2types.LaunchTemplate
			p := ec2.NewDescribeLaunchTemplatesPaginator(c, &ec2.DescribeLaunchTemplatesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				templates = append(templates, page.LaunchTemplates...)
			}
			return aws.Each(ctx, out, templates, func(ctx context.Context, t ec2types.LaunchTemplate) error {
				id := aws.String(t.LaunchTemplateId)
				it := aws.Item{ID: id, ARN: s.ARN("ec2", "launch-template/"+id), Name: aws.String(t.LaunchTemplateName), Values: map[string]any{
					"default_version": t.DefaultVersionNumber,
					"latest_version":  t.LatestVersionNumber,
					"name":            t.LaunchTemplateName,
					"tags":            ec2Tags(t.Tags),
				}}
				got, err := c.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
					LaunchTemplateId: t.LaunchTemplateId, Versions: []string{"$Latest"},
				})
				switch {
				case aws.Is(err, "InvalidLaunchTemplateId.NotFound"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, "block_device_mappings", "ebs_optimized", "image_id", "instance_type", "key_name",
						"metadata_options", "network_interfaces", "vpc_security_group_ids"); err != nil {
						return err
					}
				default:
					for _, v := range got.LaunchTemplateVersions {
						if v.LaunchTemplateData != nil {
							templateData(it.Values, *v.LaunchTemplateData)
						}
					}
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// templateData writes what a version holds. Booleans that may be unset are
// texts to the provider.
func templateData(values map[string]any, d ec2types.ResponseLaunchTemplateData) {
	values["ebs_optimized"] = boolText(d.EbsOptimized)
	values["image_id"] = d.ImageId
	if d.InstanceType != "" { // left to the user of the template
		values["instance_type"] = d.InstanceType
	}
	values["key_name"] = d.KeyName
	values["vpc_security_group_ids"] = aws.Set(d.SecurityGroupIds)
	values["block_device_mappings"] = aws.Blocks(d.BlockDeviceMappings, func(m ec2types.LaunchTemplateBlockDeviceMapping) map[string]any {
		block := map[string]any{"device_name": m.DeviceName}
		if e := m.Ebs; e != nil {
			block["ebs"] = aws.Block(map[string]any{
				"delete_on_termination": boolText(e.DeleteOnTermination),
				"encrypted":             boolText(e.Encrypted),
				"iops":                  e.Iops,
				"kms_key_id":            e.KmsKeyId,
				"snapshot_id":           e.SnapshotId,
				"throughput":            e.Throughput,
				"volume_size":           e.VolumeSize,
				"volume_type":           e.VolumeType,
			})
		}
		return block
	})
	if m := d.MetadataOptions; m != nil {
		values["metadata_options"] = aws.Block(map[string]any{
			"http_endpoint":               m.HttpEndpoint,
			"http_protocol_ipv6":          m.HttpProtocolIpv6,
			"http_put_response_hop_limit": m.HttpPutResponseHopLimit,
			"http_tokens":                 m.HttpTokens,
			"instance_metadata_tags":      m.InstanceMetadataTags,
		})
	}
	values["network_interfaces"] = aws.Blocks(d.NetworkInterfaces, func(n ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification) map[string]any {
		return map[string]any{
			"associate_public_ip_address": boolText(n.AssociatePublicIpAddress),
			"device_index":                n.DeviceIndex,
			"subnet_id":                   n.SubnetId,
		}
	})
}

// boolText is a boolean as text; nil when it is not set.
func boolText(b *bool) any {
	if b == nil {
		return nil
	}
	return strconv.FormatBool(*b)
}
