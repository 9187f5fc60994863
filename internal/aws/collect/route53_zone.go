package collect

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func route53Zone() aws.Type {
	return aws.Type{
		Name:    "aws_route53_zone",
		Service: "route53",
		Reach:   aws.PerAccount,
		Actions: []string{"route53:GetHostedZone", "route53:ListHostedZones", "route53:ListTagsForResource"},
		// A zone with a block vpc is a private one.
		Filled:     []string{"arn", "comment", "delegation_set_id", "name", "name_servers", "tags", "vpc", "zone_id"},
		ConfigOnly: []string{"force_destroy", "timeouts"},
		Overlap:    []string{"vpc"}, // aws_route53_zone_association
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, route53.NewFromConfig)
			var list []route53types.HostedZone
			p := route53.NewListHostedZonesPaginator(c, &route53.ListHostedZonesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				list = append(list, page.HostedZones...)
			}
			return aws.Each(ctx, out, list, func(ctx context.Context, z route53types.HostedZone) error {
				id := strings.TrimPrefix(aws.String(z.Id), "/hostedzone/")
				it := aws.Item{
					ID: id, ARN: "arn:" + s.Partition + ":route53:::hostedzone/" + id, Name: strings.TrimSuffix(aws.String(z.Name), "."),
					Values: map[string]any{"name": strings.TrimSuffix(aws.String(z.Name), "."), "zone_id": id},
				}
				if z.Config != nil {
					it.Values["comment"] = z.Config.Comment
				}
				got, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
				switch {
				case aws.Is(err, "NoSuchHostedZone"): // deleted meanwhile
					return nil
				case err != nil:
					if err := out.Miss(&it, err, "delegation_set_id", "name_servers", "vpc"); err != nil {
						return err
					}
				default:
					route53ZoneMore(got, it.Values)
				}
				tags, err := c.ListTagsForResource(ctx, &route53.ListTagsForResourceInput{
					ResourceId: &id, ResourceType: route53types.TagResourceTypeHostedzone,
				})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else if tags.ResourceTagSet != nil {
					it.Values["tags"] = aws.Tags(tags.ResourceTagSet.Tags, func(t route53types.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}

func route53ZoneMore(got *route53.GetHostedZoneOutput, v map[string]any) {
	v["name_servers"] = []string{}
	if d := got.DelegationSet; d != nil {
		v["delegation_set_id"] = strings.TrimPrefix(aws.String(d.Id), "/delegationset/")
		v["name_servers"] = slices.Sorted(slices.Values(d.NameServers))
	}
	v["vpc"] = aws.SetOf(got.VPCs, func(n route53types.VPC) map[string]any {
		return map[string]any{"vpc_id": n.VPCId, "vpc_region": n.VPCRegion}
	})
}
