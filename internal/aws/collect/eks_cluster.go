package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func eksCluster() aws.Type {
	return aws.Type{
		Name:    "aws_eks_cluster",
		Service: "eks",
		Actions: []string{"eks:DescribeCluster", eksListAction},
		Filled: []string{
			"access_config[].authentication_mode", "arn", "certificate_authority", "compute_config", "enabled_cluster_log_types",
			"encryption_config", "endpoint", "identity", "kubernetes_network_config", "name", "outpost_config", "platform_version",
			"remote_network_config", "role_arn", "status", "storage_config", "tags", "upgrade_policy", "version", "vpc_config",
			"zonal_shift_config",
		},
		ConfigOnly: []string{
			"access_config[].bootstrap_cluster_creator_admin_permissions", "bootstrap_self_managed_addons", "force_update_version", "timeouts",
		},
		Volatile: []string{"platform_version", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			names, err := eksClusters(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, eks.NewFromConfig)
			return aws.Each(ctx, out, names, func(ctx context.Context, name string) error {
				got, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
				if aws.Is(err, "ResourceNotFoundException") || err == nil && got.Cluster == nil { // deleted meanwhile
					return nil
				}
				if err != nil {
					it := aws.Item{ID: name, ARN: s.ARN("eks", "cluster/"+name), Values: map[string]any{"name": name}}
					return unread(out, eksCluster().Filled, it, err)
				}
				out.Add(aws.Item{ID: name, ARN: aws.String(got.Cluster.Arn), Values: eksClusterValues(got.Cluster)})
				return nil
			})
		},
	}
}

func eksClusterValues(c *ekstypes.Cluster) map[string]any {
	v := map[string]any{
		"access_config":             []any{},
		"certificate_authority":     []any{},
		"enabled_cluster_log_types": eksLogs(c.Logging),
		"encryption_config": aws.Blocks(c.EncryptionConfig, func(e ekstypes.EncryptionConfig) map[string]any {
			provider := []any{}
			if e.Provider != nil {
				provider = aws.Block(map[string]any{"key_arn": e.Provider.KeyArn})
			}
			return map[string]any{"provider": provider, "resources": aws.Set(e.Resources)} //nolint:staticcheck // deprecated by EKS; the provider still shows it
		}),
		"endpoint":         c.Endpoint,
		"identity":         []any{},
		"name":             c.Name,
		"platform_version": c.PlatformVersion,
		"role_arn":         c.RoleArn,
		"status":           c.Status,
		"tags":             aws.TagMap(c.Tags),
		"upgrade_policy":   []any{},
		"version":          c.Version,
	}
	if a := c.AccessConfig; a != nil {
		v["access_config"] = aws.Block(map[string]any{"authentication_mode": a.AuthenticationMode})
	}
	if a := c.CertificateAuthority; a != nil {
		v["certificate_authority"] = aws.Block(map[string]any{"data": a.Data})
	}
	if i := c.Identity; i != nil {
		oidc := []any{}
		if i.Oidc != nil {
			oidc = aws.Block(map[string]any{"issuer": i.Oidc.Issuer})
		}
		v["identity"] = aws.Block(map[string]any{"oidc": oidc})
	}
	if u := c.UpgradePolicy; u != nil {
		v["upgrade_policy"] = aws.Block(map[string]any{"support_type": u.SupportType})
	}
	eksNetwork(c, v)
	eksMachines(c, v)
	return v
}

// eksLogs makes the set of the logs that are on.
func eksLogs(l *ekstypes.Logging) []any {
	var on []ekstypes.LogType
	if l != nil {
		for _, setup := range l.ClusterLogging {
			if setup.Enabled != nil && *setup.Enabled {
				on = append(on, setup.Types...)
			}
		}
	}
	return aws.Set(on)
}

// eksNetwork fills in where the cluster can be reached.
func eksNetwork(c *ekstypes.Cluster, v map[string]any) {
	v["kubernetes_network_config"] = []any{}
	if n := c.KubernetesNetworkConfig; n != nil {
		balancing := []any{}
		if n.ElasticLoadBalancing != nil {
			balancing = aws.Block(map[string]any{"enabled": n.ElasticLoadBalancing.Enabled})
		}
		v["kubernetes_network_config"] = aws.Block(map[string]any{
			"elastic_load_balancing": balancing,
			"ip_family":              n.IpFamily,
			"service_ipv4_cidr":      n.ServiceIpv4Cidr,
			"service_ipv6_cidr":      n.ServiceIpv6Cidr,
		})
	}
	v["remote_network_config"] = []any{}
	if n := c.RemoteNetworkConfig; n != nil {
		v["remote_network_config"] = aws.Block(map[string]any{
			"remote_node_networks": aws.Blocks(n.RemoteNodeNetworks, func(r ekstypes.RemoteNodeNetwork) map[string]any {
				return map[string]any{"cidrs": aws.Set(r.Cidrs)}
			}),
			"remote_pod_networks": aws.Blocks(n.RemotePodNetworks, func(r ekstypes.RemotePodNetwork) map[string]any {
				return map[string]any{"cidrs": aws.Set(r.Cidrs)}
			}),
		})
	}
	v["vpc_config"] = []any{}
	if n := c.ResourcesVpcConfig; n != nil {
		v["vpc_config"] = aws.Block(map[string]any{
			"cluster_security_group_id": n.ClusterSecurityGroupId,
			"endpoint_private_access":   n.EndpointPrivateAccess,
			"endpoint_public_access":    n.EndpointPublicAccess,
			"public_access_cidrs":       aws.Set(n.PublicAccessCidrs),
			"security_group_ids":        aws.Set(n.SecurityGroupIds),
			"subnet_ids":                aws.Set(n.SubnetIds),
			"vpc_id":                    n.VpcId,
		})
	}
	v["zonal_shift_config"] = []any{}
	if z := c.ZonalShiftConfig; z != nil {
		v["zonal_shift_config"] = aws.Block(map[string]any{"enabled": z.Enabled})
	}
}

// eksMachines fills in what the cluster runs on.
func eksMachines(c *ekstypes.Cluster, v map[string]any) {
	v["compute_config"] = []any{}
	if m := c.ComputeConfig; m != nil {
		v["compute_config"] = aws.Block(map[string]any{
			"enabled": m.Enabled, "node_pools": aws.Set(m.NodePools), "node_role_arn": m.NodeRoleArn,
		})
	}
	v["outpost_config"] = []any{}
	if o := c.OutpostConfig; o != nil {
		placement := []any{}
		if o.ControlPlanePlacement != nil {
			placement = aws.Block(map[string]any{"group_name": o.ControlPlanePlacement.GroupName})
		}
		v["outpost_config"] = aws.Block(map[string]any{
			"control_plane_instance_type": o.ControlPlaneInstanceType,
			"control_plane_placement":     placement,
			"outpost_arns":                aws.Set(o.OutpostArns),
		})
	}
	v["storage_config"] = []any{}
	if st := c.StorageConfig; st != nil {
		block := []any{}
		if st.BlockStorage != nil {
			block = aws.Block(map[string]any{"enabled": st.BlockStorage.Enabled})
		}
		v["storage_config"] = aws.Block(map[string]any{"block_storage": block})
	}
}
