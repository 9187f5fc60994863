package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// loadBalancers lists the application, network and gateway load balancers of the
// region.
func loadBalancers(ctx context.Context, s *aws.Session) ([]elbtypes.LoadBalancer, error) {
	return aws.Once(ctx, s, "elasticloadbalancing:DescribeLoadBalancers", func(ctx context.Context) ([]elbtypes.LoadBalancer, error) {
		var all []elbtypes.LoadBalancer
		c := aws.Client(s, elasticloadbalancingv2.NewFromConfig)
		p := elasticloadbalancingv2.NewDescribeLoadBalancersPaginator(c, &elasticloadbalancingv2.DescribeLoadBalancersInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, page.LoadBalancers...)
		}
		return all, nil
	})
}

// elbTags reads the tags of one thing.
func elbTags(ctx context.Context, s *aws.Session, arn string) (map[string]any, error) {
	got, err := aws.Client(s, elasticloadbalancingv2.NewFromConfig).DescribeTags(ctx, &elasticloadbalancingv2.DescribeTagsInput{ResourceArns: []string{arn}})
	if err != nil {
		return nil, err
	}
	var tags []elbtypes.Tag
	for _, d := range got.TagDescriptions {
		tags = append(tags, d.Tags...)
	}
	return aws.Tags(tags, func(t elbtypes.Tag) (*string, *string) { return t.Key, t.Value }), nil
}
