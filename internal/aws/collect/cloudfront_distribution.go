package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cloudfronttypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func cloudfrontDistribution() aws.Type {
	return aws.Type{
		Name:    "aws_cloudfront_distribution",
		Service: "cloudfront",
		Reach:   aws.PerAccount,
		Actions: []string{"cloudfront:GetDistribution", "cloudfront:ListDistributions", "cloudfront:ListTagsForResource"},
		Filled: []string{
			"aliases", "arn", "caller_reference", "comment", "continuous_deployment_policy_id",
			"default_cache_behavior[].allowed_methods", "default_cache_behavior[].cache_policy_id",
			"default_cache_behavior[].cached_methods", "default_cache_behavior[].compress",
			"default_cache_behavior[].field_level_encryption_id", "default_cache_behavior[].origin_request_policy_id",
			"default_cache_behavior[].realtime_log_config_arn", "default_cache_behavior[].response_headers_policy_id",
			"default_cache_behavior[].target_origin_id", "default_cache_behavior[].viewer_protocol_policy", "default_root_object",
			"domain_name", "enabled", "http_version", "is_ipv6_enabled", "logging_config", "ordered_cache_behavior[].allowed_methods",
			"ordered_cache_behavior[].cache_policy_id", "ordered_cache_behavior[].cached_methods",
			"ordered_cache_behavior[].compress", "ordered_cache_behavior[].field_level_encryption_id",
			"ordered_cache_behavior[].origin_request_policy_id", "ordered_cache_behavior[].path_pattern",
			"ordered_cache_behavior[].realtime_log_config_arn", "ordered_cache_behavior[].response_headers_policy_id",
			"ordered_cache_behavior[].target_origin_id", "ordered_cache_behavior[].viewer_protocol_policy",
			"origin[].custom_origin_config", "origin[].domain_name", "origin[].origin_access_control_id", "origin[].origin_id",
			"origin[].origin_path", "origin[].s3_origin_config", "price_class", "restrictions", "staging", "status", "tags",
			"viewer_certificate", "web_acl_id",
		},
		ConfigOnly: []string{"retain_on_delete", "wait_for_deployment"},
		Volatile:   []string{"etag", "in_progress_validation_batches", "last_modified_time", "status"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, cloudfront.NewFromConfig)
			var list []cloudfronttypes.DistributionSummary
			p := cloudfront.NewListDistributionsPaginator(c, &cloudfront.ListDistributionsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				if page.DistributionList != nil {
					list = append(list, page.DistributionList.Items...)
				}
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, d cloudfronttypes.DistributionSummary) error {
				it := aws.Item{ID: aws.String(d.Id), ARN: aws.String(d.ARN), Values: map[string]any{"domain_name": d.DomainName, "status": d.Status}}
				got, err := c.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: d.Id})
				if aws.Is(err, "NoSuchDistribution") || err == nil && (got.Distribution == nil || got.Distribution.DistributionConfig == nil) { // deleted meanwhile
					return nil
				}
				if err != nil {
					return unread(out, cloudfrontDistribution().Filled, it, err)
				}
				cloudfrontValues(got.Distribution.DistributionConfig, it.Values)
				tags, err := c.ListTagsForResource(ctx, &cloudfront.ListTagsForResourceInput{Resource: d.ARN})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else if tags.Tags != nil {
					it.Values["tags"] = aws.Tags(tags.Tags.Items, func(t cloudfronttypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func cloudfrontValues(d *cloudfronttypes.DistributionConfig, v map[string]any) {
	v["aliases"] = []any{}
	if d.Aliases != nil {
		v["aliases"] = aws.Set(d.Aliases.Items)
	}
	v["caller_reference"] = d.CallerReference
	v["comment"] = d.Comment
	v["continuous_deployment_policy_id"] = d.ContinuousDeploymentPolicyId
	v["default_cache_behavior"] = []any{}
	if b := d.DefaultCacheBehavior; b != nil {
		v["default_cache_behavior"] = aws.Block(cloudfrontBehavior(cloudfronttypes.CacheBehavior{
			AllowedMethods: b.AllowedMethods, CachePolicyId: b.CachePolicyId, Compress: b.Compress,
			FieldLevelEncryptionId: b.FieldLevelEncryptionId, OriginRequestPolicyId: b.OriginRequestPolicyId,
			RealtimeLogConfigArn: b.RealtimeLogConfigArn, ResponseHeadersPolicyId: b.ResponseHeadersPolicyId,
			TargetOriginId: b.TargetOriginId, ViewerProtocolPolicy: b.ViewerProtocolPolicy,
		}))
	}
	v["default_root_object"] = d.DefaultRootObject
	v["enabled"] = d.Enabled
	v["http_version"] = d.HttpVersion
	v["is_ipv6_enabled"] = d.IsIPV6Enabled
	// The provider has no switch in the block: it is there when it is on.
	v["logging_config"] = []any{}
	if l := d.Logging; l != nil && l.Enabled != nil && *l.Enabled {
		v["logging_config"] = aws.Block(map[string]any{"bucket": l.Bucket, "include_cookies": l.IncludeCookies, "prefix": l.Prefix})
	}
	v["ordered_cache_behavior"] = []any{}
	if d.CacheBehaviors != nil {
		v["ordered_cache_behavior"] = aws.Blocks(d.CacheBehaviors.Items, cloudfrontBehavior)
	}
	v["origin"] = []any{}
	if d.Origins != nil {
		v["origin"] = aws.SetOf(d.Origins.Items, cloudfrontOrigin)
	}
	v["price_class"] = d.PriceClass
	v["restrictions"] = []any{}
	if r := d.Restrictions; r != nil && r.GeoRestriction != nil {
		v["restrictions"] = aws.Block(map[string]any{"geo_restriction": aws.Block(map[string]any{
			"locations": aws.Set(r.GeoRestriction.Items), "restriction_type": r.GeoRestriction.RestrictionType,
		})})
	}
	v["staging"] = d.Staging
	v["viewer_certificate"] = cloudfrontCertificate(d.ViewerCertificate)
	v["web_acl_id"] = d.WebACLId
}

func cloudfrontBehavior(b cloudfronttypes.CacheBehavior) map[string]any {
	v := map[string]any{
		"allowed_methods":            []any{},
		"cache_policy_id":            b.CachePolicyId,
		"cached_methods":             []any{},
		"compress":                   b.Compress,
		"field_level_encryption_id":  b.FieldLevelEncryptionId,
		"origin_request_policy_id":   b.OriginRequestPolicyId,
		"realtime_log_config_arn":    b.RealtimeLogConfigArn,
		"response_headers_policy_id": b.ResponseHeadersPolicyId,
		"target_origin_id":           b.TargetOriginId,
		"viewer_protocol_policy":     b.ViewerProtocolPolicy,
	}
	if b.PathPattern != nil {
		v["path_pattern"] = b.PathPattern
	}
	if m := b.AllowedMethods; m != nil {
		v["allowed_methods"] = aws.Set(m.Items)
		if m.CachedMethods != nil {
			v["cached_methods"] = aws.Set(m.CachedMethods.Items)
		}
	}
	return v
}

func cloudfrontOrigin(o cloudfronttypes.Origin) map[string]any {
	v := map[string]any{
		"custom_origin_config":     []any{},
		"domain_name":              o.DomainName,
		"origin_access_control_id": o.OriginAccessControlId,
		"origin_id":                o.Id,
		"origin_path":              o.OriginPath,
		"s3_origin_config":         []any{},
	}
	if c := o.CustomOriginConfig; c != nil {
		block := map[string]any{
			"http_port":                c.HTTPPort,
			"https_port":               c.HTTPSPort,
			"origin_keepalive_timeout": c.OriginKeepaliveTimeout,
			"origin_protocol_policy":   c.OriginProtocolPolicy,
			"origin_read_timeout":      c.OriginReadTimeout,
			"origin_ssl_protocols":     []any{},
		}
		if c.OriginSslProtocols != nil {
			block["origin_ssl_protocols"] = aws.Set(c.OriginSslProtocols.Items)
		}
		v["custom_origin_config"] = aws.Block(block)
	}
	// An empty identity is what the API says for none.
	if c := o.S3OriginConfig; c != nil && aws.String(c.OriginAccessIdentity) != "" {
		v["s3_origin_config"] = aws.Block(map[string]any{"origin_access_identity": c.OriginAccessIdentity})
	}
	return v
}

// cloudfrontCertificate makes the block viewer_certificate: with CloudFront's own
// certificate the provider shows nothing of others.
func cloudfrontCertificate(c *cloudfronttypes.ViewerCertificate) []any {
	if c == nil {
		return []any{}
	}
	v := map[string]any{"minimum_protocol_version": c.MinimumProtocolVersion, "ssl_support_method": c.SSLSupportMethod}
	if c.CloudFrontDefaultCertificate != nil && *c.CloudFrontDefaultCertificate {
		v["cloudfront_default_certificate"] = true
		return aws.Block(v)
	}
	v["acm_certificate_arn"], v["iam_certificate_id"] = c.ACMCertificateArn, c.IAMCertificateId
	return aws.Block(v)
}
