package collect

import (
	"context"

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
			"arn", "certificate_arn", "default_action[].order", "default_action[].redirect", "default_action[].target_group_arn",
			"default_action[].type", "load_balancer_arn", "port", "protocol", "ssl_policy", "tags",
		},
		StandsFor: []string{"aws_alb_listener"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := loadBalancers(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, b elbtypes.LoadBalancer) error {
				p := elasticloadbalancingv2.NewDescribeListenersPaginator(c, &elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: b.LoadBalancerArn})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if aws.Is(err, "LoadBalancerNotFound") { // deleted meanwhile
						return nil
					}
					if err != nil {
						return out.Gap(aws.String(b.LoadBalancerArn), err)
					}
					for _, l := range page.Listeners {
						it := listenerItem(l)
						tags, err := elbTags(ctx, s, aws.String(l.ListenerArn))
						if err != nil {
							if err := out.Miss(&it, err, "tags"); err != nil {
								return err
							}
						} else {
							it.Values["tags"] = tags
						}
						out.Add(it)
					}
				}
				return nil
			})
		},
	}
}

func listenerItem(l elbtypes.Listener) aws.Item {
	values := map[string]any{
		"load_balancer_arn": l.LoadBalancerArn,
		"port":              l.Port,
		"protocol":          l.Protocol,
		"ssl_policy":        aws.NonEmpty(l.SslPolicy),
		"default_action": aws.Blocks(l.DefaultActions, func(a elbtypes.Action) map[string]any {
			action := map[string]any{"order": a.Order, "target_group_arn": a.TargetGroupArn, "type": a.Type}
			if r := a.RedirectConfig; r != nil {
				action["redirect"] = aws.Block(map[string]any{
					"host":        r.Host,
					"path":        r.Path,
					"port":        r.Port,
					"protocol":    r.Protocol,
					"query":       r.Query,
					"status_code": r.StatusCode,
				})
			}
			return action
		}),
	}
	if len(l.Certificates) > 0 { // the default one; the list has no other
		values["certificate_arn"] = l.Certificates[0].CertificateArn
	}
	return aws.Item{ID: aws.String(l.ListenerArn), ARN: aws.String(l.ListenerArn), Values: values}
}
