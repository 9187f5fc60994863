package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func vpcSecurityGroupIngressRule() aws.Type {
	return vpcSecurityGroupRule("aws_vpc_security_group_ingress_rule", false)
}

func vpcSecurityGroupEgressRule() aws.Type {
	return vpcSecurityGroupRule("aws_vpc_security_group_egress_rule", true)
}

// vpcSecurityGroupRule is the row of one direction: a type of its own to the
// provider, and a flag to EC2.
func vpcSecurityGroupRule(name string, egress bool) aws.Type {
	return aws.Type{
		Name:    name,
		Service: "ec2",
		Actions: []string{"ec2:DescribeSecurityGroupRules"},
		Filled: []string{
			"arn", "cidr_ipv4", "cidr_ipv6", "description", "from_port", "ip_protocol", "prefix_list_id", "referenced_security_group_id",
			"security_group_id", "security_group_rule_id", "tags", "to_port",
		},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			rules, err := ec2SecurityGroupRules(ctx, s)
			if err != nil {
				return err
			}
			for _, r := range rules {
				if (r.IsEgress != nil && *r.IsEgress) == egress && ec2Owned(s, r.GroupOwnerId) {
					out.Add(vpcSecurityGroupRuleItem(s, r))
				}
			}
			return nil
		},
	}
}

// ec2SecurityGroupRules lists the rules of both directions.
func ec2SecurityGroupRules(ctx context.Context, s *aws.Session) ([]ec2types.SecurityGroupRule, error) {
	return aws.Once(ctx, s, "ec2:DescribeSecurityGroupRules", func(ctx context.Context) ([]ec2types.SecurityGroupRule, error) {
		var list []ec2types.SecurityGroupRule
		p := ec2.NewDescribeSecurityGroupRulesPaginator(ec2Client(s), &ec2.DescribeSecurityGroupRulesInput{})
		err := eachPage(ctx, p, func(page *ec2.DescribeSecurityGroupRulesOutput) {
			list = append(list, page.SecurityGroupRules...)
		})
		return list, err
	})
}

func vpcSecurityGroupRuleItem(s *aws.Session, r ec2types.SecurityGroupRule) aws.Item {
	id := aws.String(r.SecurityGroupRuleId)
	v := map[string]any{
		"cidr_ipv4":              r.CidrIpv4,
		"cidr_ipv6":              r.CidrIpv6,
		"description":            aws.NonEmpty(r.Description),
		"ip_protocol":            r.IpProtocol,
		"prefix_list_id":         r.PrefixListId,
		"security_group_id":      r.GroupId,
		"security_group_rule_id": id,
		"tags":                   ec2Tags(r.Tags),
	}
	// A rule for all protocols has no ports; EC2 says -1 for them, as it does for
	// the codes of ICMP, where it means any.
	if aws.String(r.IpProtocol) != "-1" {
		v["from_port"], v["to_port"] = r.FromPort, r.ToPort
	}
	if g := r.ReferencedGroupInfo; g != nil {
		ref := aws.String(g.GroupId)
		if other := aws.String(g.UserId); other != "" && other != s.Account {
			ref = other + "/" + ref
		}
		v["referenced_security_group_id"] = ref
	}
	return aws.Item{ID: id, ARN: s.ARN("ec2", "security-group-rule/"+id), Values: v}
}
