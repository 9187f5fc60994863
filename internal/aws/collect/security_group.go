package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func securityGroup() aws.Type {
	return aws.Type{
		Name:       "aws_security_group",
		Service:    "ec2",
		Actions:    []string{"ec2:DescribeSecurityGroups"},
		Filled:     []string{"arn", "description", "egress", "ingress", "name", "owner_id", "tags", "vpc_id"},
		ConfigOnly: []string{"name_prefix", "revoke_rules_on_delete", "timeouts"},
		// Rules are also resources of their own, and a live group holds them all.
		Overlap:   []string{"egress", "ingress"},
		StandsFor: []string{"aws_default_security_group", "aws_security_group_rule"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeSecurityGroupsPaginator(aws.Client(s, ec2.NewFromConfig), &ec2.DescribeSecurityGroupsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, g := range page.SecurityGroups {
					if ec2Owned(s, g.OwnerId) {
						out.Add(securityGroupItem(g, s.ARN("ec2", "security-group/"+aws.String(g.GroupId))))
					}
				}
			}
			return nil
		},
	}
}

func securityGroupItem(g ec2types.SecurityGroup, arn string) aws.Item {
	id := aws.String(g.GroupId)
	return aws.Item{
		ID: id, ARN: arn, Name: aws.String(g.GroupName),
		Values: map[string]any{
			"description": g.Description,
			"egress":      securityGroupRules(id, aws.String(g.OwnerId), g.IpPermissionsEgress),
			"ingress":     securityGroupRules(id, aws.String(g.OwnerId), g.IpPermissions),
			"name":        g.GroupName,
			"owner_id":    g.OwnerId,
			"tags":        ec2Tags(g.Tags),
			"vpc_id":      g.VpcId,
		},
	}
}

// ruleKey is what the provider gathers rules by: EC2 has one permission for a
// protocol and ports with a description for each source, the provider a rule for
// each description.
type ruleKey struct {
	protocol, description string
	from, to              int32
}

type rule struct {
	self                       bool
	cidrs, cidrs6, lists, refs []string
}

// securityGroupRules makes the elements of ingress and egress.
func securityGroupRules(group, owner string, permissions []ec2types.IpPermission) []any {
	rules := map[ruleKey]*rule{}
	at := func(p ec2types.IpPermission, description *string) *rule {
		k := ruleKey{protocol: aws.String(p.IpProtocol), description: aws.String(description)}
		if p.FromPort != nil {
			k.from = *p.FromPort
		}
		if p.ToPort != nil {
			k.to = *p.ToPort
		}
		if rules[k] == nil {
			rules[k] = &rule{}
		}
		return rules[k]
	}
	for _, p := range permissions {
		for _, r := range p.IpRanges {
			to := at(p, r.Description)
			to.cidrs = append(to.cidrs, aws.String(r.CidrIp))
		}
		for _, r := range p.Ipv6Ranges {
			to := at(p, r.Description)
			to.cidrs6 = append(to.cidrs6, aws.String(r.CidrIpv6))
		}
		for _, r := range p.PrefixListIds {
			to := at(p, r.Description)
			to.lists = append(to.lists, aws.String(r.PrefixListId))
		}
		for _, r := range p.UserIdGroupPairs {
			to := at(p, r.Description)
			switch other := aws.String(r.UserId); {
			case aws.String(r.GroupId) == group:
				to.self = true
			case other != "" && other != owner:
				to.refs = append(to.refs, other+"/"+aws.String(r.GroupId))
			default:
				to.refs = append(to.refs, aws.String(r.GroupId))
			}
		}
	}
	list := make([]any, 0, len(rules))
	for k, r := range rules {
		list = append(list, map[string]any{
			"cidr_blocks":      inOrder(r.cidrs),
			"description":      k.description,
			"from_port":        k.from,
			"ipv6_cidr_blocks": inOrder(r.cidrs6),
			"prefix_list_ids":  inOrder(r.lists),
			"protocol":         k.protocol,
			"security_groups":  aws.Set(r.refs),
			"self":             r.self,
			"to_port":          k.to,
		})
	}
	return aws.SortSet(list)
}

// inOrder keeps a list that the provider keeps as a list; it is never nil.
func inOrder(list []string) []string { return append([]string{}, list...) }
