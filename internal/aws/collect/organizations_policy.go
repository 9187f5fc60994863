package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func organizationsPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_organizations_policy",
		Service:    "organizations",
		Reach:      aws.Organization,
		Actions:    []string{"organizations:DescribePolicy", "organizations:ListPolicies"},
		Filled:     []string{"arn", "content", "description", "name", "type"},
		ConfigOnly: []string{"skip_destroy"},
		Collect: ofOrganization(func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			policies, err := organizationsPolicies(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, organizations.NewFromConfig)
			return aws.Each(ctx, out, policies, func(ctx context.Context, p orgtypes.PolicySummary) error {
				it := aws.Item{ID: aws.String(p.Id), ARN: aws.String(p.Arn), Name: aws.String(p.Name), Values: map[string]any{
					"description": p.Description, "name": p.Name, "type": p.Type,
				}}
				got, err := c.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
				if err != nil {
					if err := out.Miss(&it, err, "content"); err != nil {
						return err
					}
				} else if got.Policy != nil {
					it.Values["content"] = aws.PolicyJSON(got.Policy.Content)
				}
				out.Add(it)
				return nil
			})
		}),
	}
}
