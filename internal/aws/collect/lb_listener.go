package collect

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func lbListener() aws.Type {
	return aws.Type{
		Name:    "aws_lb_listener",
		Service: "elasticloadbalancing",
		Parent:  "aws_lb",
		Actions: []string{
			"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags",
		},
		Filled: []string{
			"alpn_policy", "arn", "certificate_arn", "default_action[].authenticate_cognito",
			"default_action[].authenticate_oidc[].authentication_request_extra_params",
			"default_action[].authenticate_oidc[].authorization_endpoint", "default_action[].authenticate_oidc[].client_id",
			"default_action[].authenticate_oidc[].issuer", "default_action[].authenticate_oidc[].on_unauthenticated_request",
			"default_action[].authenticate_oidc[].scope", "default_action[].authenticate_oidc[].session_cookie_name",
			"default_action[].authenticate_oidc[].session_timeout", "default_action[].authenticate_oidc[].token_endpoint",
			"default_action[].authenticate_oidc[].user_info_endpoint", "default_action[].fixed_response", "default_action[].forward",
			"default_action[].order", "default_action[].redirect", "default_action[].target_group_arn", "default_action[].type",
			"load_balancer_arn", "mutual_authentication", "port", "protocol", "ssl_policy", "tags",
		},
		ConfigOnly: []string{"default_action[].authenticate_oidc[].client_secret", "timeouts"},
		StandsFor:  []string{"aws_alb_listener"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			balancers, err := loadBalancers(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
			items := &elbItems{}
			if err := aws.Each(ctx, out, balancers, func(ctx context.Context, b elbtypes.LoadBalancer) error {
				var own []aws.Item
				p := elasticloadbalancingv2.NewDescribeListenersPaginator(c, &elasticloadbalancingv2.DescribeListenersInput{
					LoadBalancerArn: b.LoadBalancerArn,
				})
				err := eachPage(ctx, p, func(page *elasticloadbalancingv2.DescribeListenersOutput) {
					for _, l := range page.Listeners {
						own = append(own, lbListenerItem(l))
					}
				})
				switch {
				case aws.Is(err, "LoadBalancerNotFound"):
					return nil // deleted meanwhile
				case err != nil:
					return out.Gap(aws.String(b.LoadBalancerArn), err)
				}
				items.add(own...)
				return nil
			}); err != nil {
				return err
			}
			return items.addTagged(ctx, s, out)
		},
	}
}

func lbListenerItem(l elbtypes.Listener) aws.Item {
	arn := aws.String(l.ListenerArn)
	v := map[string]any{
		"load_balancer_arn":     l.LoadBalancerArn,
		"mutual_authentication": []any{},
		"port":                  l.Port,
		"protocol":              l.Protocol,
		"ssl_policy":            aws.NonEmpty(l.SslPolicy),
	}
	if len(l.AlpnPolicy) == 1 {
		v["alpn_policy"] = l.AlpnPolicy[0]
	}
	if len(l.Certificates) == 1 { // the default one: the others are resources of their own
		v["certificate_arn"] = l.Certificates[0].CertificateArn
	}
	if m := l.MutualAuthentication; m != nil {
		v["mutual_authentication"] = aws.Block(map[string]any{
			"advertise_trust_store_ca_names":   m.AdvertiseTrustStoreCaNames,
			"ignore_client_certificate_expiry": m.IgnoreClientCertificateExpiry,
			"mode":                             m.Mode,
			"trust_store_arn":                  m.TrustStoreArn,
		})
	}
	actions := slices.SortedStableFunc(slices.Values(l.DefaultActions), func(a, b elbtypes.Action) int {
		return cmp.Compare(elbOrder(a), elbOrder(b))
	})
	v["default_action"] = aws.Blocks(actions, elbAction)
	return aws.Item{ID: arn, ARN: arn, Values: v}
}

func elbOrder(a elbtypes.Action) int32 {
	if a.Order == nil {
		return 0
	}
	return *a.Order
}

// elbAction is what a listener does with a request. Of the two ways to name one
// target group AWS always tells both; the provider keeps the one that was
// written, which here is the short one where it says all.
func elbAction(a elbtypes.Action) map[string]any {
	v := map[string]any{"order": a.Order, "type": a.Type}
	if f := a.ForwardConfig; a.TargetGroupArn != nil {
		v["target_group_arn"] = a.TargetGroupArn
	} else if f != nil {
		stickiness := []any{}
		if s := f.TargetGroupStickinessConfig; s != nil {
			stickiness = aws.Block(map[string]any{"duration": s.DurationSeconds, "enabled": s.Enabled})
		}
		v["forward"] = aws.Block(map[string]any{
			"stickiness": stickiness,
			"target_group": aws.SetOf(f.TargetGroups, func(t elbtypes.TargetGroupTuple) map[string]any {
				return map[string]any{"arn": t.TargetGroupArn, "weight": t.Weight}
			}),
		})
	}
	if r := a.RedirectConfig; r != nil {
		v["redirect"] = aws.Block(map[string]any{
			"host": r.Host, "path": r.Path, "port": r.Port, "protocol": r.Protocol, "query": r.Query, "status_code": r.StatusCode,
		})
	}
	if r := a.FixedResponseConfig; r != nil {
		v["fixed_response"] = aws.Block(map[string]any{
			"content_type": r.ContentType, "message_body": r.MessageBody, "status_code": r.StatusCode,
		})
	}
	if c := a.AuthenticateCognitoConfig; c != nil {
		v["authenticate_cognito"] = aws.Block(map[string]any{
			"authentication_request_extra_params": c.AuthenticationRequestExtraParams,
			"on_unauthenticated_request":          c.OnUnauthenticatedRequest,
			"scope":                               c.Scope,
			"session_cookie_name":                 c.SessionCookieName,
			"session_timeout":                     c.SessionTimeout,
			"user_pool_arn":                       c.UserPoolArn,
			"user_pool_client_id":                 c.UserPoolClientId,
			"user_pool_domain":                    c.UserPoolDomain,
		})
	}
	if c := a.AuthenticateOidcConfig; c != nil {
		v["authenticate_oidc"] = aws.Block(map[string]any{
			"authentication_request_extra_params": c.AuthenticationRequestExtraParams,
			"authorization_endpoint":              c.AuthorizationEndpoint,
			"client_id":                           c.ClientId,
			"issuer":                              c.Issuer,
			"on_unauthenticated_request":          c.OnUnauthenticatedRequest,
			"scope":                               c.Scope,
			"session_cookie_name":                 c.SessionCookieName,
			"session_timeout":                     c.SessionTimeout,
			"token_endpoint":                      c.TokenEndpoint,
			"user_info_endpoint":                  c.UserInfoEndpoint,
		})
	}
	return v
}
