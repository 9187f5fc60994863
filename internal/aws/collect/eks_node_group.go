package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func eksNodeGroup() aws.Type {
	return aws.Type{
		Name:    "aws_eks_node_group",
		Service: "eks",
		Parent:  "aws_eks_cluster",
		Actions: []string{"eks:DescribeNodegroup", eksListAction, "eks:ListNodegroups"},
		Filled: []string{
			"ami_type", "arn", "capacity_type", "cluster_name", "disk_size", "instance_types", "labels", "launch_template",
			"node_group_name", "node_repair_config[].enabled", "node_role_arn", "release_version", "remote_access", "scaling_config",
			"status", "subnet_ids", "tags", "taint", "update_config[].max_unavailable", "update_config[].max_unavailable_percentage",
			"version",
		},
		ConfigOnly: []string{"force_update_version", "node_group_name_prefix", "timeouts"},
		Volatile:   []string{"scaling_config[].desired_size", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			clusters, err := eksClusters(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, eks.NewFromConfig)
			return aws.Each(ctx, out, clusters, func(ctx context.Context, cluster string) error {
				p := eks.NewListNodegroupsPaginator(c, &eks.ListNodegroupsInput{ClusterName: &cluster})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
						return nil
					}
					if err != nil {
						return out.Gap(cluster, err)
					}
					for _, name := range page.Nodegroups {
						if err := eksAddNodeGroup(ctx, c, out, cluster, name); err != nil {
							return err
						}
					}
				}
				return nil
			})
		},
	}
}

func eksAddNodeGroup(ctx context.Context, c *eks.Client, out *aws.Out, cluster, name string) error {
	id := cluster + ":" + name
	got, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &cluster, NodegroupName: &name})
	if aws.Is(err, "ResourceNotFoundException") || err == nil && got.Nodegroup == nil { // deleted meanwhile
		return nil
	}
	if err != nil {
		it := aws.Item{ID: id, Values: map[string]any{"cluster_name": cluster, "node_group_name": name}}
		return unread(out, eksNodeGroup().Filled, it, err)
	}
	out.Add(aws.Item{ID: id, ARN: aws.String(got.Nodegroup.NodegroupArn), Name: name, Values: eksNodeGroupValues(got.Nodegroup)})
	return nil
}

func eksNodeGroupValues(n *ekstypes.Nodegroup) map[string]any {
	v := map[string]any{
		"ami_type":           n.AmiType,
		"capacity_type":      n.CapacityType,
		"cluster_name":       n.ClusterName,
		"disk_size":          n.DiskSize,
		"instance_types":     n.InstanceTypes,
		"labels":             n.Labels,
		"launch_template":    []any{},
		"node_group_name":    n.NodegroupName,
		"node_repair_config": []any{},
		"node_role_arn":      n.NodeRole,
		"release_version":    n.ReleaseVersion,
		"remote_access":      []any{},
		"scaling_config":     []any{},
		"status":             n.Status,
		"subnet_ids":         aws.Set(n.Subnets),
		"tags":               aws.TagMap(n.Tags),
		"taint": aws.SetOf(n.Taints, func(t ekstypes.Taint) map[string]any {
			return map[string]any{"effect": t.Effect, "key": t.Key, "value": t.Value}
		}),
		"update_config": []any{},
		"version":       n.Version,
	}
	if l := n.LaunchTemplate; l != nil {
		v["launch_template"] = aws.Block(map[string]any{"id": l.Id, "name": l.Name, "version": l.Version})
	}
	if r := n.NodeRepairConfig; r != nil {
		v["node_repair_config"] = aws.Block(map[string]any{"enabled": r.Enabled})
	}
	if r := n.RemoteAccess; r != nil {
		v["remote_access"] = aws.Block(map[string]any{
			"ec2_ssh_key": r.Ec2SshKey, "source_security_group_ids": aws.Set(r.SourceSecurityGroups),
		})
	}
	if c := n.ScalingConfig; c != nil {
		v["scaling_config"] = aws.Block(map[string]any{"desired_size": c.DesiredSize, "max_size": c.MaxSize, "min_size": c.MinSize})
	}
	if u := n.UpdateConfig; u != nil {
		v["update_config"] = aws.Block(map[string]any{
			"max_unavailable": u.MaxUnavailable, "max_unavailable_percentage": u.MaxUnavailablePercentage,
		})
	}
	return v
}
