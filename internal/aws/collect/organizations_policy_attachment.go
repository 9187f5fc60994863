package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// organizationsPolicyAttachment reads which roots, OUs and accounts the
// policies are attached to.
func organizationsPolicyAttachment() aws.Type {
	return aws.Type{
		Name:       "aws_organizations_policy_attachment",
		Service:    "organizations",
		Reach:      aws.Organization,
		Parent:     "aws_organizations_policy",
		Actions:    []string{"organizations:ListPolicies", "organizations:ListTargetsForPolicy"},
		Filled:     []string{"policy_id", "target_id"},
		ConfigOnly: []string{"skip_destroy"},
		Collect: ofOrganization(func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			policies, err := organizationsPolicies(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, organizations.NewFromConfig)
			return aws.Each(ctx, out, policies, func(ctx context.Context, policy orgtypes.PolicySummary) error {
				p := organizations.NewListTargetsForPolicyPaginator(c, &organizations.ListTargetsForPolicyInput{PolicyId: policy.Id})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if err != nil {
						return out.Gap(aws.String(policy.Id), err)
					}
					for _, t := range page.Targets {
						out.Add(aws.Item{ID: aws.String(t.TargetId) + ":" + aws.String(policy.Id), Values: map[string]any{
							"policy_id": policy.Id,
							"target_id": t.TargetId,
						}})
					}
				}
				return nil
			})
		}),
	}
}
