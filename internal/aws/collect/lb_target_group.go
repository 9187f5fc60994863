package collect

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func lbTargetGroup() aws.Type {
	return aws.Type{
		Name:    "aws_lb_target_group",
		Service: "elasticloadbalancing",
		Actions: []string{
			"elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes",
			"elasticloadbalancing:DescribeTargetGroups",
		},
		Filled: []string{
			"arn", "arn_suffix", "connection_termination", "deregistration_delay", "health_check", "ip_address_type",
			"lambda_multi_value_headers_enabled", "load_balancer_arns", "load_balancing_algorithm_type",
			"load_balancing_anomaly_mitigation", "load_balancing_cross_zone_enabled", "name", "port", "preserve_client_ip", "protocol",
			"protocol_version", "proxy_protocol_v2", "slow_start", "stickiness", "tags", "target_failover", "target_group_health",
			"target_health_state", "target_type", "vpc_id",
		},
		ConfigOnly: []string{"name_prefix"},
		Volatile:   []string{"load_balancer_arns"}, // moves with the listeners
		StandsFor:  []string{"aws_alb_target_group"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
			var list []elbtypes.TargetGroup
			p := elasticloadbalancingv2.NewDescribeTargetGroupsPaginator(c, &elasticloadbalancingv2.DescribeTargetGroupsInput{})
			if err := eachPage(ctx, p, func(page *elasticloadbalancingv2.DescribeTargetGroupsOutput) {
				list = append(list, page.TargetGroups...)
			}); err != nil {
				return err
			}
			items := &elbItems{}
			if err := aws.Each(ctx, out, list, func(ctx context.Context, g elbtypes.TargetGroup) error {
				it := lbTargetGroupItem(g)
				got, err := c.DescribeTargetGroupAttributes(ctx, &elasticloadbalancingv2.DescribeTargetGroupAttributesInput{TargetGroupArn: g.TargetGroupArn})
				switch {
				case aws.Is(err, "TargetGroupNotFound"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, lbTargetGroupAttributeNames...); err != nil {
						return err
					}
				default:
					lbTargetGroupAttributes(it.Values, got.Attributes)
				}
				items.add(it)
				return nil
			}); err != nil {
				return err
			}
			return items.addTagged(ctx, s, out)
		},
	}
}

func lbTargetGroupItem(g elbtypes.TargetGroup) aws.Item {
	arn := aws.String(g.TargetGroupArn)
	check := map[string]any{
		"enabled":             g.HealthCheckEnabled,
		"healthy_threshold":   g.HealthyThresholdCount,
		"interval":            g.HealthCheckIntervalSeconds,
		"path":                g.HealthCheckPath,
		"port":                g.HealthCheckPort,
		"protocol":            g.HealthCheckProtocol,
		"timeout":             g.HealthCheckTimeoutSeconds,
		"unhealthy_threshold": g.UnhealthyThresholdCount,
	}
	if m := g.Matcher; m != nil {
		check["matcher"] = m.HttpCode
		if m.GrpcCode != nil {
			check["matcher"] = m.GrpcCode
		}
	}
	v := map[string]any{
		"health_check":       aws.Block(check),
		"ip_address_type":    g.IpAddressType,
		"load_balancer_arns": aws.Set(g.LoadBalancerArns),
		"name":               g.TargetGroupName,
		"port":               g.Port,
		"protocol":           aws.NonEmpty((*string)(&g.Protocol)),
		"protocol_version":   g.ProtocolVersion,
		"target_type":        g.TargetType,
		"vpc_id":             g.VpcId,
	}
	if _, name, ok := strings.Cut(arn, ":targetgroup/"); ok {
		v["arn_suffix"] = "targetgroup/" + name
	}
	return aws.Item{ID: arn, ARN: arn, Name: aws.String(g.TargetGroupName), Values: v}
}

// lbTargetGroupAttributeNames are what the attributes of a target group give.
var lbTargetGroupAttributeNames = []string{
	"connection_termination", "deregistration_delay", "lambda_multi_value_headers_enabled", "load_balancing_algorithm_type",
	"load_balancing_anomaly_mitigation", "load_balancing_cross_zone_enabled", "preserve_client_ip", "proxy_protocol_v2", "slow_start",
	"stickiness", "target_failover", "target_group_health", "target_health_state",
}

// lbTargetGroupAttributes sets what the attributes of a target group give. Which
// of them there are depends on its protocol and type.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
func lbTargetGroupAttributes(v map[string]any, list []elbtypes.TargetGroupAttribute) {
	attributes := map[string]string{}
	for _, a := range list {
		attributes[aws.String(a.Key)] = aws.String(a.Value)
	}
	text := func(key string) any {
		if t := attributes[key]; t != "" {
			return t
		}
		return nil
	}
	number := func(key string) any {
		if t := attributes[key]; t != "" {
			return json.Number(t)
		}
		return nil
	}
	is := func(key string) any {
		if t := attributes[key]; t != "" {
			return t == "true"
		}
		return nil
	}
	v["connection_termination"] = is("deregistration_delay.connection_termination.enabled")
	v["deregistration_delay"] = text("deregistration_delay.timeout_seconds")
	v["lambda_multi_value_headers_enabled"] = is("lambda.multi_value_headers.enabled")
	v["load_balancing_algorithm_type"] = text("load_balancing.algorithm.type")
	v["load_balancing_anomaly_mitigation"] = text("load_balancing.algorithm.anomaly_mitigation")
	v["load_balancing_cross_zone_enabled"] = text("load_balancing.cross_zone.enabled")
	v["preserve_client_ip"] = text("preserve_client_ip.enabled")
	v["proxy_protocol_v2"] = is("proxy_protocol_v2.enabled")
	v["slow_start"] = number("slow_start.duration_seconds")
	for _, block := range []string{"stickiness", "target_failover", "target_group_health", "target_health_state"} {
		v[block] = []any{}
	}
	if kind := text("stickiness.type"); kind != nil {
		stickiness := map[string]any{"enabled": is("stickiness.enabled"), "type": kind}
		switch kind {
		case "lb_cookie":
			stickiness["cookie_duration"] = number("stickiness.lb_cookie.duration_seconds")
		case "app_cookie":
			stickiness["cookie_duration"] = number("stickiness.app_cookie.duration_seconds")
			stickiness["cookie_name"] = text("stickiness.app_cookie.cookie_name")
		}
		v["stickiness"] = aws.Block(stickiness)
	}
	if on := text("target_failover.on_deregistration"); on != nil {
		v["target_failover"] = aws.Block(map[string]any{"on_deregistration": on, "on_unhealthy": text("target_failover.on_unhealthy")})
	}
	const dns, routing = "target_group_health.dns_failover.minimum_healthy_targets.", "target_group_health.unhealthy_state_routing.minimum_healthy_targets."
	if text(dns+"count") != nil || text(routing+"count") != nil {
		v["target_group_health"] = aws.Block(map[string]any{
			"dns_failover": aws.Block(map[string]any{
				"minimum_healthy_targets_count": text(dns + "count"), "minimum_healthy_targets_percentage": text(dns + "percentage"),
			}),
			"unhealthy_state_routing": aws.Block(map[string]any{
				"minimum_healthy_targets_count": number(routing + "count"), "minimum_healthy_targets_percentage": text(routing + "percentage"),
			}),
		})
	}
	const unhealthy = "target_health_state.unhealthy."
	if end := is(unhealthy + "connection_termination.enabled"); end != nil {
		v["target_health_state"] = aws.Block(map[string]any{
			"enable_unhealthy_connection_termination": end, "unhealthy_draining_interval": number(unhealthy + "draining_interval_seconds"),
		})
	}
}
