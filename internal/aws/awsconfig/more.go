package awsconfig

import "github.com/parapet-dev/parapet/internal/aws"

// moreTypes are those of the types that Config took up lately and that it records
// in the names of CloudFormation.
func moreTypes() []Type {
	return []Type{
		single("aws_efs_file_system", "AWS::EFS::FileSystem", aws.Regional, "FileSystemId", map[string]value{
			"encrypted":        boolean("Encrypted"),
			"kms_key_id":       text("KmsKeyId"),
			"performance_mode": text("PerformanceMode"),
			"tags":             tagged,
			"throughput_mode":  text("ThroughputMode"),
		}),
		eksCluster(),
		listener(),
		single("aws_secretsmanager_secret", "AWS::SecretsManager::Secret", aws.Regional, "ARN", map[string]value{
			"description": text("Description"),
			"kms_key_id":  text("KMSKeyId"),
			"name":        text("Name"),
			"tags":        tagged,
		}, func(it *item) bool {
			deleted, _ := it.get("Deleted")
			return deleted == true
		}),
		single("aws_sqs_queue", "AWS::SQS::Queue", aws.Regional, "QueueUrl", map[string]value{
			"delay_seconds":              number("DelaySeconds"),
			"kms_master_key_id":          text("KmsMasterKeyId"),
			"max_message_size":           number("MaximumMessageSize"),
			"message_retention_seconds":  number("MessageRetentionPeriod"),
			"name":                       text("QueueName"),
			"sqs_managed_sse_enabled":    boolean("SqsManagedSseEnabled"),
			"tags":                       tagged,
			"visibility_timeout_seconds": number("VisibilityTimeout"),
		}),
	}
}

func eksCluster() Type {
	return single("aws_eks_cluster", "AWS::EKS::Cluster", aws.Regional, "Name", map[string]value{
		"name":     text("Name"),
		"role_arn": text("RoleArn"),
		"tags":     tagged,
		"version":  text("Version"),
		"vpc_config": block("ResourcesVpcConfig", map[string]value{
			"endpoint_private_access": boolean("EndpointPrivateAccess"),
			"endpoint_public_access":  boolean("EndpointPublicAccess"),
			"public_access_cidrs":     texts("PublicAccessCidrs"),
			"security_group_ids":      texts("SecurityGroupIds"),
			"subnet_ids":              texts("SubnetIds"),
		}),
	})
}

// listener has no certificate of its own: the default one is among all.
func listener() Type {
	t := single("aws_lb_listener", "AWS::ElasticLoadBalancingV2::Listener", aws.Regional, "ListenerArn", map[string]value{
		"certificate_arn":   defaultCertificate,
		"default_action":    actions,
		"load_balancer_arn": text("LoadBalancerArn"),
		"port":              number("Port"),
		"protocol":          text("Protocol"),
		"ssl_policy":        nonEmpty("SslPolicy"),
		"tags":              tagged,
	})
	t.StandsFor = []string{"aws_alb_listener"}
	return t
}

func defaultCertificate(it *item) (any, []string) {
	v, _ := it.get("Certificates")
	certificates, ok := list(v)
	if !ok {
		return nil, nil
	}
	for _, e := range certificates {
		m, _ := object(e)
		c := &item{conf: m}
		if d, known := c.get("IsDefault"); len(certificates) == 1 || known && d == true {
			return nonEmpty("CertificateArn")(c)
		}
	}
	if len(certificates) > 0 {
		return nil, nil
	}
	return nil, whole
}

// actions are what a listener does with a request: their kinds, and where they
// redirect to.
func actions(it *item) (any, []string) {
	v, _ := it.get("DefaultActions")
	l, ok := list(v)
	if !ok {
		return nil, nil
	}
	blocks := []any{}
	for _, e := range l {
		m, _ := object(e)
		a := &item{conf: m}
		kind := a.text("Type")
		b := map[string]any{"type": kind}
		if kind == "redirect" {
			to, known := block("RedirectConfig", map[string]value{
				"port": text("Port"), "protocol": text("Protocol"), "status_code": text("StatusCode"),
			})(a)
			if len(known) != 3 {
				return nil, nil
			}
			b["redirect"] = to
		}
		if kind == "" {
			return nil, nil
		}
		blocks = append(blocks, b)
	}
	return blocks, []string{"[].type", "[].redirect[].port", "[].redirect[].protocol", "[].redirect[].status_code"}
}
