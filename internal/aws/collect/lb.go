package collect

import (
	"context"
	"strings"

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
			"access_logs", "arn", "arn_suffix", "client_keep_alive", "connection_logs", "customer_owned_ipv4_pool",
			"desync_mitigation_mode", "dns_name", "dns_record_client_routing_policy", "drop_invalid_header_fields",
			"enable_cross_zone_load_balancing", "enable_deletion_protection", "enable_http2",
			"enable_tls_version_and_cipher_suite_headers", "enable_waf_fail_open", "enable_xff_client_port", "enable_zonal_shift",
			"enforce_security_group_inbound_rules_on_private_link_traffic", "idle_timeout", "internal", "ip_address_type",
			"ipam_pools", "load_balancer_type", "name", "preserve_host_header", "security_groups", "subnet_mapping", "subnets", "tags",
			"vpc_id", "xff_header_processing_mode", "zone_id",
		},
		ConfigOnly: []string{"name_prefix", "timeouts"},
		StandsFor:  []string{"aws_alb"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			balancers, err := loadBalancers(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
			items := &elbItems{}
			if err := aws.Each(ctx, out, balancers, func(ctx context.Context, b elbtypes.LoadBalancer) error {
				it := lbItem(b)
				got, err := c.DescribeLoadBalancerAttributes(ctx, &elasticloadbalancingv2.DescribeLoadBalancerAttributesInput{
					LoadBalancerArn: b.LoadBalancerArn,
				})
				switch {
				case aws.Is(err, "LoadBalancerNotFound"):
					return nil // deleted meanwhile
				case err != nil:
					if err := out.Miss(&it, err, lbByAttribute()...); err != nil {
						return err
					}
				default:
					lbMore(it.Values, b.Type, elbAttributes(got.Attributes, func(a elbtypes.LoadBalancerAttribute) (*string, *string) {
						return a.Key, a.Value
					}))
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

func lbItem(b elbtypes.LoadBalancer) aws.Item {
	arn := aws.String(b.LoadBalancerArn)
	_, suffix, _ := strings.Cut(arn, ":loadbalancer/")
	pools := []any{}
	if b.IpamPools != nil {
		pools = aws.Block(map[string]any{"ipv4_ipam_pool_id": b.IpamPools.Ipv4IpamPoolId})
	}
	return aws.Item{ID: arn, ARN: arn, Name: aws.String(b.LoadBalancerName), Values: map[string]any{
		"arn_suffix":               suffix,
		"customer_owned_ipv4_pool": b.CustomerOwnedIpv4Pool,
		"dns_name":                 b.DNSName,
		"enforce_security_group_inbound_rules_on_private_link_traffic": b.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic,
		"internal":           b.Scheme == elbtypes.LoadBalancerSchemeEnumInternal,
		"ip_address_type":    b.IpAddressType,
		"ipam_pools":         pools,
		"load_balancer_type": b.Type,
		"name":               b.LoadBalancerName,
		"security_groups":    aws.Set(b.SecurityGroups),
		"subnet_mapping": aws.SetOf(b.AvailabilityZones, func(z elbtypes.AvailabilityZone) map[string]any {
			v := map[string]any{"outpost_id": z.OutpostId, "subnet_id": z.SubnetId}
			if len(z.LoadBalancerAddresses) > 0 {
				a := z.LoadBalancerAddresses[0]
				v["allocation_id"], v["ipv6_address"], v["private_ipv4_address"] = a.AllocationId, a.IPv6Address, a.PrivateIPv4Address
			}
			return v
		}),
		"subnets": textsOf(b.AvailabilityZones, func(z elbtypes.AvailabilityZone) *string { return z.SubnetId }),
		"vpc_id":  b.VpcId,
		"zone_id": b.CanonicalHostedZoneId,
	}}
}

// lbAttributes are the attributes that AWS tells by name. Each kind of load
// balancer has some of them.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func lbAttributes() map[string]string {
	return map[string]string{
		"client_keep_alive":                           "client_keep_alive.seconds",
		"desync_mitigation_mode":                      "routing.http.desync_mitigation_mode",
		"dns_record_client_routing_policy":            "dns_record.client_routing_policy",
		"drop_invalid_header_fields":                  "routing.http.drop_invalid_header_fields.enabled",
		"enable_cross_zone_load_balancing":            "load_balancing.cross_zone.enabled",
		"enable_deletion_protection":                  "deletion_protection.enabled",
		"enable_http2":                                "routing.http2.enabled",
		"enable_tls_version_and_cipher_suite_headers": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
		"enable_waf_fail_open":                        "waf.fail_open.enabled",
		"enable_xff_client_port":                      "routing.http.xff_client_port.enabled",
		"enable_zonal_shift":                          "zonal_shift.config.enabled",
		"idle_timeout":                                "idle_timeout.timeout_seconds",
		"preserve_host_header":                        "routing.http.preserve_host_header.enabled",
		"xff_header_processing_mode":                  "routing.http.xff_header_processing.mode",
	}
}

// lbByAttribute are the paths that DescribeLoadBalancerAttributes tells.
func lbByAttribute() []string {
	paths := []string{"access_logs", "connection_logs"}
	for p := range lbAttributes() {
		paths = append(paths, p)
	}
	return paths
}

func lbMore(v map[string]any, kind elbtypes.LoadBalancerTypeEnum, have map[string]string) {
	for path, key := range lbAttributes() {
		if text, ok := have[key]; ok {
			v[path] = elbValue(key, text)
		}
	}
	logs := func(kind string) []any {
		block := map[string]any{"enabled": have[kind+".s3.enabled"] == "true"}
		for _, name := range []string{"bucket", "prefix"} {
			if text := have[kind+".s3."+name]; text != "" {
				block[name] = text
			}
		}
		return aws.Block(block)
	}
	v["access_logs"], v["connection_logs"] = logs("access_logs"), []any{}
	if kind == elbtypes.LoadBalancerTypeEnumApplication {
		v["connection_logs"] = logs("connection_logs")
	}
}
