package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	wafv2types "github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// wafv2WebACL reads the web ACLs of the region, and those of CloudFront, which
// are in the home region. Of a rule it tells the name and the priority: what
// rules say has no end.
func wafv2WebACL() aws.Type {
	return aws.Type{
		Name:    "aws_wafv2_web_acl",
		Service: "wafv2",
		Actions: []string{"wafv2:GetWebACL", "wafv2:ListTagsForResource", "wafv2:ListWebACLs"},
		Filled: []string{
			"arn", "capacity", "description", "name",
			"rule[].name", "rule[].priority", "scope", "tags", "token_domains", "visibility_config",
		},
		ConfigOnly: []string{"name_prefix", "rule_json"},
		Volatile:   []string{"lock_token"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			scopes := []wafv2types.Scope{wafv2types.ScopeRegional}
			if s.Partition == "aws" && s.Region == s.Home().Region { // the others have no CloudFront here
				scopes = append(scopes, wafv2types.ScopeCloudfront)
			}
			c := aws.Client(s, wafv2.NewFromConfig)
			for _, scope := range scopes {
				list, err := wafv2List(ctx, c, scope)
				if err != nil {
					return err
				}
				err = aws.Each(ctx, out, list, func(ctx context.Context, w wafv2types.WebACLSummary) error {
					return wafv2Add(ctx, c, out, scope, w)
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func wafv2List(ctx context.Context, c *wafv2.Client, scope wafv2types.Scope) ([]wafv2types.WebACLSummary, error) {
	var list []wafv2types.WebACLSummary
	for in := (&wafv2.ListWebACLsInput{Scope: scope}); ; {
		page, err := c.ListWebACLs(ctx, in)
		if err != nil {
			return nil, err
		}
		list = append(list, page.WebACLs...)
		// The last page may have a marker too; the one after it is empty.
		if aws.String(page.NextMarker) == "" || len(page.WebACLs) == 0 {
			return list, nil
		}
		in.NextMarker = page.NextMarker
	}
}

func wafv2Add(ctx context.Context, c *wafv2.Client, out *aws.Out, scope wafv2types.Scope, w wafv2types.WebACLSummary) error {
	it := aws.Item{ID: aws.String(w.Id), ARN: aws.String(w.ARN), Name: aws.String(w.Name), Values: map[string]any{
		"description": w.Description, "name": w.Name, "scope": scope,
	}}
	got, err := c.GetWebACL(ctx, &wafv2.GetWebACLInput{Id: w.Id, Name: w.Name, Scope: scope})
	if aws.Is(err, "WAFNonexistentItemException") || err == nil && got.WebACL == nil { // deleted meanwhile
		return nil
	}
	if err != nil {
		return unread(out, wafv2WebACL().Filled, it, err)
	}
	d := got.WebACL
	it.Values["capacity"] = d.Capacity
	it.Values["rule"] = aws.SetOf(d.Rules, func(r wafv2types.Rule) map[string]any {
		return map[string]any{"name": r.Name, "priority": r.Priority}
	})
	it.Values["token_domains"] = aws.Set(d.TokenDomains)
	it.Values["visibility_config"] = []any{}
	if x := d.VisibilityConfig; x != nil {
		it.Values["visibility_config"] = aws.Block(map[string]any{
			"cloudwatch_metrics_enabled": x.CloudWatchMetricsEnabled, "metric_name": x.MetricName, "sampled_requests_enabled": x.SampledRequestsEnabled,
		})
	}
	return wafv2Tags(ctx, c, it, out)
}

func wafv2Tags(ctx context.Context, c *wafv2.Client, it aws.Item, out *aws.Out) error {
	var tags []wafv2types.Tag
	for in := (&wafv2.ListTagsForResourceInput{ResourceARN: &it.ARN}); ; {
		page, err := c.ListTagsForResource(ctx, in)
		if err != nil {
			if err := out.Miss(&it, err, "tags"); err != nil {
				return err
			}
			break
		}
		if page.TagInfoForResource != nil {
			tags = append(tags, page.TagInfoForResource.TagList...)
		}
		if aws.String(page.NextMarker) == "" {
			it.Values["tags"] = aws.Tags(tags, func(t wafv2types.Tag) (*string, *string) { return t.Key, t.Value })
			break
		}
		in.NextMarker = page.NextMarker
	}
	out.Add(it)
	return nil
}
