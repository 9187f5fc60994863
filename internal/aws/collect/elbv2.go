package collect

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

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

// elbItems gathers items whose tags are still to be read.
type elbItems struct {
	mu   sync.Mutex
	list []aws.Item
}

func (e *elbItems) add(items ...aws.Item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, items...)
}

// addTagged reads the tags of the items, whose ids are their ARNs, and adds them.
func (e *elbItems) addTagged(ctx context.Context, s *aws.Session, out *aws.Out) error {
	slices.SortFunc(e.list, func(a, b aws.Item) int { return strings.Compare(a.ID, b.ID) })
	chunks := slices.Collect(slices.Chunk(e.list, elbTagged))
	return aws.Each(ctx, out, chunks, func(ctx context.Context, chunk []aws.Item) error {
		return elbAddTagged(ctx, s, out, chunk)
	})
}

func elbAddTagged(ctx context.Context, s *aws.Session, out *aws.Out, chunk []aws.Item) error {
	arns := make([]string, len(chunk))
	for i, it := range chunk {
		arns[i] = it.ID
	}
	tags, err := elbTagsOf(ctx, s, arns)
	if aws.Is(err, "ListenerNotFound", "LoadBalancerNotFound", "TargetGroupNotFound") { // deleted meanwhile
		if len(chunk) == 1 {
			return nil
		}
		for i := range chunk { // one of them was, and AWS does not say which
			if err := elbAddTagged(ctx, s, out, chunk[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
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
	case text == "":
		return nil
	case strings.HasSuffix(key, ".enabled"):
		return text == "true"
	case strings.HasSuffix(key, "seconds"):
		return json.Number(text)
	}
	return text
}
