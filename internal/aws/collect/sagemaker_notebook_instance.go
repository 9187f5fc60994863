package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	sagemakertypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func sagemakerNotebookInstance() aws.Type {
	return aws.Type{
		Name:    "aws_sagemaker_notebook_instance",
		Service: "sagemaker",
		Actions: []string{"sagemaker:DescribeNotebookInstance", "sagemaker:ListNotebookInstances", "sagemaker:ListTags"},
		Filled: []string{
			"accelerator_types", "additional_code_repositories", "arn", "default_code_repository", "direct_internet_access",
			"instance_metadata_service_configuration", "instance_type", "kms_key_id", "lifecycle_config_name", "name",
			"network_interface_id", "platform_identifier", "role_arn", "root_access", "security_groups", "subnet_id", "tags", "url",
			"volume_size",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, sagemaker.NewFromConfig)
			var list []sagemakertypes.NotebookInstanceSummary
			p := sagemaker.NewListNotebookInstancesPaginator(c, &sagemaker.ListNotebookInstancesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.NotebookInstances...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, n sagemakertypes.NotebookInstanceSummary) error {
				name := aws.String(n.NotebookInstanceName)
				it := aws.Item{ID: name, ARN: aws.String(n.NotebookInstanceArn), Values: map[string]any{"name": name}}
				got, err := c.DescribeNotebookInstance(ctx, &sagemaker.DescribeNotebookInstanceInput{NotebookInstanceName: &name})
				if err != nil {
					return unread(out, sagemakerNotebookInstance().Filled, it, err)
				}
				sagemakerNotebookValues(got, it.Values)
				if err := sagemakerTags(ctx, c, &it, out); err != nil {
					return err
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func sagemakerNotebookValues(d *sagemaker.DescribeNotebookInstanceOutput, v map[string]any) {
	v["accelerator_types"] = aws.Set(d.AcceleratorTypes)
	v["additional_code_repositories"] = aws.Set(d.AdditionalCodeRepositories)
	v["default_code_repository"] = d.DefaultCodeRepository
	v["direct_internet_access"] = d.DirectInternetAccess
	v["instance_metadata_service_configuration"] = []any{}
	if m := d.InstanceMetadataServiceConfiguration; m != nil {
		v["instance_metadata_service_configuration"] = aws.Block(map[string]any{
			"minimum_instance_metadata_service_version": m.MinimumInstanceMetadataServiceVersion,
		})
	}
	v["instance_type"] = d.InstanceType
	v["kms_key_id"] = d.KmsKeyId
	v["lifecycle_config_name"] = d.NotebookInstanceLifecycleConfigName
	v["network_interface_id"] = d.NetworkInterfaceId
	v["platform_identifier"] = d.PlatformIdentifier
	v["role_arn"] = d.RoleArn
	v["root_access"] = d.RootAccess
	v["security_groups"] = aws.Set(d.SecurityGroups)
	v["subnet_id"] = d.SubnetId
	v["url"] = d.Url
	v["volume_size"] = d.VolumeSizeInGB
}

func sagemakerTags(ctx context.Context, c *sagemaker.Client, it *aws.Item, out *aws.Out) error {
	var tags []sagemakertypes.Tag
	p := sagemaker.NewListTagsPaginator(c, &sagemaker.ListTagsInput{ResourceArn: &it.ARN})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return out.Miss(it, err, "tags")
		}
		tags = append(tags, page.Tags...)
	}
	it.Values["tags"] = aws.Tags(tags, func(t sagemakertypes.Tag) (*string, *string) { return t.Key, t.Value })
	return nil
}
