package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func lb() aws.Type {
	return aws.Type{
		Name:    "aws_lb",
		Service: "elasticloadbalancing",
		Actions: []string{
			"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
			"elasticloadbalancing:DescribeTags",
		},
		Filled: []string{
			"access_logs", "arn", "client_keep_alive", "desync_mitigation_mode", "dns_name", "drop_invalid_header_fields",
			"enable_cross_zone_load_balancing", "enable_deletion_protection", "enable_http2", "idle_timeout", "internal", "ip_address_type",
			"load_balancer_type", "name", "security_groups", "subnets", "tags", "vpc_id", "zone_id",
		},
		ConfigOnly: []string{"name_prefix"},
		StandsFor:  []string{"aws_alb"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := loadBalancers(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, b elbtypes.LoadBalancer) error {
				it := lbItem(b)
				attributes, err := c.DescribeLoadBalancerAttributes(ctx, &elasticloadbalancingv2.DescribeLoadBalancerAttributesInput{LoadBalancerArn: b.LoadBalancerArn})
				if err != nil {
					if err := out.Miss(&it, err, lbAttributeNames...); err != nil {
						return err
					}
				} else {
					lbAttributes(it.Values, attributes.Attributes)
				}
				tags, err := elbTags(ctx, s, aws.String(b.LoadBalancerArn))
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = tags
				}
				out.Add(it)
				return nil
			})
		},
	}
}

// lbAttributeNames are what the attributes of a load balancer give.
var lbAttributeNames = []string{
	"access_logs", "client_keep_alive", "desync_mitigation_mode", "drop_invalid_header_fields", "enable_cross_zone_load_balancing",
	"enable_deletion_protection", "enable_http2", "idle_timeout",
}

func lbItem(b elbtypes.LoadBalancer) aws.Item {
	subnets := make([]string, 0, len(b.AvailabilityZones))
	for _, z := range b.AvailabilityZones {
		subnets = append(subnets, aws.String(z.SubnetId))
	}
	return aws.Item{ID: aws.String(b.LoadBalancerArn), ARN: aws.String(b.LoadBalancerArn), Name: aws.String(b.LoadBalancerName), Values: map[string]any{
		"dns_name":           b.DNSName,
		"internal":           b.Scheme == elbtypes.LoadBalancerSchemeEnumInternal,
		"ip_address_type":    b.IpAddressType,
		"load_balancer_type": b.Type,
		"name":               b.LoadBalancerName,
		"security_groups":    aws.Set(b.SecurityGroups),
		"subnets":            aws.Set(subnets),
		"vpc_id":             b.VpcId,
		"zone_id":            b.CanonicalHostedZoneId,
	}}
}

func lbAttributes(values map[string]any, list []elbtypes.LoadBalancerAttribute) {
	a := map[string]string{}
	for _, e := range list {
		a[aws.String(e.Key)] = aws.String(e.Value)
	}
	for name, key := range map[string]string{
		"client_keep_alive": "client_keep_alive.seconds",
		"idle_timeout":      "idle_timeout.timeout_seconds",
	} {
		if v, there := a[key]; there {
			values[name] = jsonNumber(v)
		}
	}
	if v, there := a["routing.http.desync_mitigation_mode"]; there {
		values["desync_mitigation_mode"] = v
	}
	values["enable_cross_zone_load_balancing"] = a["load_balancing.cross_zone.enabled"] == "true"
	values["enable_http2"] = a["routing.http2.enabled"] == "true"
	values["drop_invalid_header_fields"] = a["routing.http.drop_invalid_header_fields.enabled"] == "true"
	values["enable_deletion_protection"] = a["deletion_protection.enabled"] == "true"
	if on, there := a["access_logs.s3.enabled"]; there {
		values["access_logs"] = aws.Block(map[string]any{
			"bucket":  a["access_logs.s3.bucket"],
			"enabled": on == "true",
			"prefix":  a["access_logs.s3.prefix"],
		})
	}
}
