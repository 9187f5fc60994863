package collect

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/redshift"
	redshifttypes "github.com/aws/aws-sdk-go-v2/service/redshift/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func redshiftCluster() aws.Type {
	return aws.Type{
		Name:    "aws_redshift_cluster",
		Service: "redshift",
		Actions: []string{"redshift:DescribeClusters", "redshift:DescribeLoggingStatus"},
		Filled: []string{
			"allow_version_upgrade", "arn", "automated_snapshot_retention_period", "availability_zone",
			"availability_zone_relocation_enabled", "cluster_identifier", "cluster_namespace_arn", "cluster_parameter_group_name",
			"cluster_subnet_group_name", "cluster_type", "cluster_version", "database_name", "default_iam_role_arn", "dns_name",
			"encrypted", "endpoint", "enhanced_vpc_routing", "iam_roles", "kms_key_id", "logging", "maintenance_track_name",
			"manual_snapshot_retention_period", "master_password_secret_arn", "master_password_secret_kms_key_id", "master_username",
			"multi_az", "node_type", "number_of_nodes", "port", "preferred_maintenance_window", "publicly_accessible", "snapshot_copy",
			"tags", "vpc_security_group_ids",
		},
		ConfigOnly: []string{
			"apply_immediately", "elastic_ip", "final_snapshot_identifier", "manage_master_password", "master_password",
			"master_password_wo", "master_password_wo_version", "owner_account", "skip_final_snapshot", "snapshot_arn",
			"snapshot_cluster_identifier", "snapshot_identifier", "timeouts",
		},
		Overlap: []string{"iam_roles", "logging", "snapshot_copy"}, // aws_redshift_cluster_iam_roles, _logging, _snapshot_copy
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, redshift.NewFromConfig)
			var list []redshifttypes.Cluster
			p := redshift.NewDescribeClustersPaginator(c, &redshift.DescribeClustersInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.Clusters...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d redshifttypes.Cluster) error {
				id := aws.String(d.ClusterIdentifier)
				it := aws.Item{ID: id, ARN: s.ARN("redshift", "cluster:"+id), Values: redshiftClusterValues(d)}
				got, err := c.DescribeLoggingStatus(ctx, &redshift.DescribeLoggingStatusInput{ClusterIdentifier: d.ClusterIdentifier})
				switch {
				case aws.Is(err, "ClusterNotFound"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, "logging"); err != nil {
						return err
					}
				default:
					it.Values["logging"] = redshiftLogging(got)
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// redshiftLogging makes the block logging; the provider has none where nothing
// is logged.
func redshiftLogging(l *redshift.DescribeLoggingStatusOutput) []any {
	if l.LoggingEnabled == nil || !*l.LoggingEnabled {
		return []any{}
	}
	return aws.Block(map[string]any{
		"bucket_name":          l.BucketName,
		"enable":               true,
		"log_destination_type": l.LogDestinationType,
		"log_exports":          aws.Set(l.LogExports),
		"s3_key_prefix":        l.S3KeyPrefix,
	})
}

func redshiftClusterValues(d redshifttypes.Cluster) map[string]any {
	v := map[string]any{
		"allow_version_upgrade":                d.AllowVersionUpgrade,
		"automated_snapshot_retention_period":  d.AutomatedSnapshotRetentionPeriod,
		"availability_zone":                    d.AvailabilityZone,
		"availability_zone_relocation_enabled": redshiftOn(d.AvailabilityZoneRelocationStatus),
		"cluster_identifier":                   d.ClusterIdentifier,
		"cluster_namespace_arn":                d.ClusterNamespaceArn,
		"cluster_subnet_group_name":            d.ClusterSubnetGroupName,
		"cluster_type":                         "single-node",
		"cluster_version":                      d.ClusterVersion,
		"database_name":                        d.DBName,
		"default_iam_role_arn":                 d.DefaultIamRoleArn,
		"encrypted":                            d.Encrypted,
		"enhanced_vpc_routing":                 d.EnhancedVpcRouting,
		"kms_key_id":                           d.KmsKeyId,
		"maintenance_track_name":               d.MaintenanceTrackName,
		"manual_snapshot_retention_period":     d.ManualSnapshotRetentionPeriod,
		"master_password_secret_arn":           d.MasterPasswordSecretArn,
		"master_password_secret_kms_key_id":    d.MasterPasswordSecretKmsKeyId,
		"master_username":                      d.MasterUsername,
		"multi_az":                             redshiftOn(d.MultiAZ),
		"node_type":                            d.NodeType,
		"number_of_nodes":                      d.NumberOfNodes,
		"preferred_maintenance_window":         d.PreferredMaintenanceWindow,
		"publicly_accessible":                  d.PubliclyAccessible,
		"snapshot_copy":                        []any{},
		"tags":                                 aws.Tags(d.Tags, func(t redshifttypes.Tag) (*string, *string) { return t.Key, t.Value }),
	}
	if d.NumberOfNodes != nil && *d.NumberOfNodes > 1 {
		v["cluster_type"] = "multi-node"
	}
	if len(d.ClusterParameterGroups) > 0 {
		v["cluster_parameter_group_name"] = d.ClusterParameterGroups[0].ParameterGroupName
	}
	if e := d.Endpoint; e != nil {
		v["dns_name"], v["endpoint"], v["port"] = e.Address, e.Address, e.Port
		if e.Address != nil && e.Port != nil {
			v["endpoint"] = fmt.Sprintf("%s:%d", *e.Address, *e.Port)
		}
	}
	if x := d.ClusterSnapshotCopyStatus; x != nil {
		v["snapshot_copy"] = aws.Block(map[string]any{
			"destination_region": x.DestinationRegion, "grant_name": x.SnapshotCopyGrantName, "retention_period": x.RetentionPeriod,
		})
	}
	roles := make([]string, len(d.IamRoles))
	for i, r := range d.IamRoles {
		roles[i] = aws.String(r.IamRoleArn)
	}
	v["iam_roles"] = aws.Set(roles)
	groups := make([]string, len(d.VpcSecurityGroups))
	for i, g := range d.VpcSecurityGroups {
		groups[i] = aws.String(g.VpcSecurityGroupId)
	}
	v["vpc_security_group_ids"] = aws.Set(groups)
	return v
}

// redshiftOn reads a state that is told as a word, in either case.
func redshiftOn(state *string) bool { return strings.EqualFold(aws.String(state), "enabled") }
