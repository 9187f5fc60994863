package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kafka"
	kafkatypes "github.com/aws/aws-sdk-go-v2/service/kafka/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// mskCluster reads the clusters with brokers of their own; serverless ones are
// another type.
func mskCluster() aws.Type {
	return aws.Type{
		Name:    "aws_msk_cluster",
		Service: "kafka",
		Actions: []string{"kafka:ListClustersV2"},
		Filled: []string{
			"arn", "broker_node_group_info[].az_distribution", "broker_node_group_info[].client_subnets",
			"broker_node_group_info[].connectivity_info[].public_access", "broker_node_group_info[].instance_type",
			"broker_node_group_info[].security_groups", "client_authentication", "cluster_name", "configuration_info",
			"current_version", "encryption_info", "enhanced_monitoring", "kafka_version", "logging_info", "number_of_broker_nodes",
			"open_monitoring", "storage_mode", "tags",
		},
		ConfigOnly: []string{"timeouts"},
		Volatile:   []string{"current_version"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			kind := string(kafkatypes.ClusterTypeProvisioned)
			p := kafka.NewListClustersV2Paginator(aws.Client(s, kafka.NewFromConfig), &kafka.ListClustersV2Input{ClusterTypeFilter: &kind})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, d := range page.ClusterInfoList {
					if d.Provisioned != nil {
						out.Add(aws.Item{ID: aws.String(d.ClusterArn), ARN: aws.String(d.ClusterArn), Name: aws.String(d.ClusterName), Values: mskClusterValues(d)})
					}
				}
			}
			return nil
		},
	}
}

func mskClusterValues(c kafkatypes.Cluster) map[string]any {
	d := c.Provisioned
	v := map[string]any{
		"broker_node_group_info": []any{},
		"client_authentication":  mskAuthentication(d.ClientAuthentication),
		"cluster_name":           c.ClusterName,
		"configuration_info":     []any{},
		"current_version":        c.CurrentVersion,
		"encryption_info":        mskEncryption(d.EncryptionInfo),
		"enhanced_monitoring":    d.EnhancedMonitoring,
		"logging_info":           mskLogging(d.LoggingInfo),
		"number_of_broker_nodes": d.NumberOfBrokerNodes,
		"open_monitoring":        []any{},
		"storage_mode":           d.StorageMode,
		"tags":                   aws.TagMap(c.Tags),
	}
	if b := d.BrokerNodeGroupInfo; b != nil {
		connectivity := []any{}
		if n := b.ConnectivityInfo; n != nil {
			public := []any{}
			if n.PublicAccess != nil {
				public = aws.Block(map[string]any{"type": n.PublicAccess.Type})
			}
			connectivity = aws.Block(map[string]any{"public_access": public})
		}
		v["broker_node_group_info"] = aws.Block(map[string]any{
			"az_distribution":   b.BrokerAZDistribution,
			"client_subnets":    aws.Set(b.ClientSubnets),
			"connectivity_info": connectivity,
			"instance_type":     b.InstanceType,
			"security_groups":   aws.Set(b.SecurityGroups),
		})
	}
	if i := d.CurrentBrokerSoftwareInfo; i != nil {
		v["kafka_version"] = i.KafkaVersion
		if i.ConfigurationArn != nil {
			v["configuration_info"] = aws.Block(map[string]any{"arn": i.ConfigurationArn, "revision": i.ConfigurationRevision})
		}
	}
	if o := d.OpenMonitoring; o != nil && o.Prometheus != nil {
		prometheus := map[string]any{"jmx_exporter": []any{}, "node_exporter": []any{}}
		if e := o.Prometheus.JmxExporter; e != nil {
			prometheus["jmx_exporter"] = aws.Block(map[string]any{"enabled_in_broker": e.EnabledInBroker})
		}
		if e := o.Prometheus.NodeExporter; e != nil {
			prometheus["node_exporter"] = aws.Block(map[string]any{"enabled_in_broker": e.EnabledInBroker})
		}
		v["open_monitoring"] = aws.Block(map[string]any{"prometheus": aws.Block(prometheus)})
	}
	return v
}

func mskAuthentication(a *kafkatypes.ClientAuthentication) []any {
	if a == nil {
		return []any{}
	}
	block := map[string]any{"sasl": []any{}, "tls": []any{}}
	if x := a.Sasl; x != nil {
		sasl := map[string]any{}
		if x.Iam != nil {
			sasl["iam"] = x.Iam.Enabled
		}
		if x.Scram != nil {
			sasl["scram"] = x.Scram.Enabled
		}
		block["sasl"] = aws.Block(sasl)
	}
	// The provider has no switch in the block tls: it is there when it is on.
	if x := a.Tls; x != nil && x.Enabled != nil && *x.Enabled {
		block["tls"] = aws.Block(map[string]any{"certificate_authority_arns": aws.Set(x.CertificateAuthorityArnList)})
	}
	if a.Unauthenticated != nil {
		block["unauthenticated"] = a.Unauthenticated.Enabled
	}
	return aws.Block(block)
}

func mskEncryption(e *kafkatypes.EncryptionInfo) []any {
	if e == nil {
		return []any{}
	}
	block := map[string]any{"encryption_in_transit": []any{}}
	if e.EncryptionAtRest != nil {
		block["encryption_at_rest_kms_key_arn"] = e.EncryptionAtRest.DataVolumeKMSKeyId
	}
	if x := e.EncryptionInTransit; x != nil {
		block["encryption_in_transit"] = aws.Block(map[string]any{"client_broker": x.ClientBroker, "in_cluster": x.InCluster})
	}
	return aws.Block(block)
}

func mskLogging(l *kafkatypes.LoggingInfo) []any {
	if l == nil || l.BrokerLogs == nil {
		return []any{}
	}
	block := map[string]any{"cloudwatch_logs": []any{}, "firehose": []any{}, "s3": []any{}}
	if x := l.BrokerLogs.CloudWatchLogs; x != nil {
		block["cloudwatch_logs"] = aws.Block(map[string]any{"enabled": x.Enabled, "log_group": x.LogGroup})
	}
	if x := l.BrokerLogs.Firehose; x != nil {
		block["firehose"] = aws.Block(map[string]any{"delivery_stream": x.DeliveryStream, "enabled": x.Enabled})
	}
	if x := l.BrokerLogs.S3; x != nil {
		block["s3"] = aws.Block(map[string]any{"bucket": x.Bucket, "enabled": x.Enabled, "prefix": x.Prefix})
	}
	return aws.Block(map[string]any{"broker_logs": aws.Block(block)})
}
