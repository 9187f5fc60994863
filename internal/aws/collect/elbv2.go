package collect

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// elbTagged is how many resources one call tells the tags of, at most.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
const elbTagged = 20

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
	tags, err := elbTagsOf(ctx, s, []string{arn})
	return tags[arn], err
}

// elbTagsOf reads the tags of a few things, by their ARNs.
func elbTagsOf(ctx context.Context, s *aws.Session, arns []string) (map[string]map[string]any, error) {
	got, err := aws.Client(s, elasticloadbalancingv2.NewFromConfig).DescribeTags(ctx, &elasticloadbalancingv2.DescribeTagsInput{ResourceArns: arns})
	if err != nil {
		return nil, err
	}
	tags := map[string]map[string]any{}
	for _, d := range got.TagDescriptions {
		tags[aws.String(d.ResourceArn)] = aws.Tags(d.Tags, func(t elbtypes.Tag) (*string, *string) { return t.Key, t.Value })
	}
	return tags, nil
}

// elbAddTagged reads the tags of items, whose ids are their ARNs, and adds them.
func elbAddTagged(ctx context.Context, s *aws.Session, out *aws.Out, items []aws.Item) error {
	for chunk := range slices.Chunk(items, elbTagged) {
		arns := make([]string, len(chunk))
		for i, it := range chunk {
			arns[i] = it.ID
		}
		tags, err := elbTagsOf(ctx, s, arns)
		for _, it := range chunk {
			if err != nil {
				if err := out.Miss(&it, err, "tags"); err != nil {
					return err
				}
			} else {
				it.Values["tags"] = tags[it.ID]
			}
			out.Add(it)
		}
	}
	return nil
}

// elbAttributes makes a map of the attributes that load balancers and target
// groups have by name, as texts.
func elbAttributes[T any](list []T, pair func(T) (key, value *string)) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		k, v := pair(a)
		m[aws.String(k)] = aws.String(v)
	}
	return m
}

// elbValue is the value of an attribute that AWS gives as a text: the names tell
// switches and seconds.
func elbValue(key, text string) any {
	switch {
	case strings.HasSuffix(key, ".enabled"):
		return text == "true"
	case strings.HasSuffix(key, "seconds"):
		return json.Number(text)
	}
	return text
}
