package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// networkACLLast is the number from which on entries are EC2's own: those that
// deny what no other entry allows.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
const networkACLLast = 32767

func networkACL() aws.Type {
	return aws.Type{
		Name:       "aws_network_acl",
		Service:    "ec2",
		Actions:    []string{"ec2:DescribeNetworkAcls"},
		Filled:     []string{"arn", "egress", "ingress", "owner_id", "subnet_ids", "tags", "vpc_id"},
		ConfigOnly: []string{"timeouts"},
		// aws_network_acl_rule and aws_network_acl_association.
		Overlap:   []string{"egress", "ingress", "subnet_ids"},
		StandsFor: []string{"aws_default_network_acl", "aws_network_acl_rule"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := ec2.NewDescribeNetworkAclsPaginator(ec2Client(s), &ec2.DescribeNetworkAclsInput{})
			return eachPage(ctx, p, func(page *ec2.DescribeNetworkAclsOutput) {
				for _, a := range page.NetworkAcls {
					if !ec2Owned(s, a.OwnerId) {
						continue
					}
					id := aws.String(a.NetworkAclId)
					var in, eg []ec2types.NetworkAclEntry
					for _, e := range a.Entries {
						switch {
						case e.RuleNumber != nil && *e.RuleNumber >= networkACLLast:
						case e.Egress != nil && *e.Egress:
							eg = append(eg, e)
						default:
							in = append(in, e)
						}
					}
					out.Add(aws.Item{ID: id, ARN: s.ARN("ec2", "network-acl/"+id), Values: map[string]any{
						"egress":     aws.SetOf(eg, networkACLEntry),
						"ingress":    aws.SetOf(in, networkACLEntry),
						"owner_id":   a.OwnerId,
						"subnet_ids": textsOf(a.Associations, func(x ec2types.NetworkAclAssociation) *string { return x.SubnetId }),
						"tags":       ec2Tags(a.Tags),
						"vpc_id":     a.VpcId,
					}})
				}
			})
		},
	}
}

// networkACLEntry makes an element of ingress or egress, in which what does not
// apply is empty or zero.
func networkACLEntry(e ec2types.NetworkAclEntry) map[string]any {
	v := map[string]any{
		"action":          e.RuleAction,
		"cidr_block":      aws.String(e.CidrBlock),
		"from_port":       0,
		"icmp_code":       0,
		"icmp_type":       0,
		"ipv6_cidr_block": aws.String(e.Ipv6CidrBlock),
		"protocol":        e.Protocol,
		"rule_no":         e.RuleNumber,
		"to_port":         0,
	}
	if r := e.PortRange; r != nil {
		v["from_port"], v["to_port"] = r.From, r.To
	}
	if c := e.IcmpTypeCode; c != nil {
		v["icmp_code"], v["icmp_type"] = c.Code, c.Type
	}
	return v
}
