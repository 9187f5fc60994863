package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// guardrailTypes are the types of policies that are read: those that prevent.
var guardrailTypes = []orgtypes.PolicyType{
	orgtypes.PolicyTypeServiceControlPolicy,
	orgtypes.PolicyTypeResourceControlPolicy,
	orgtypes.PolicyTypeDeclarativePolicyEc2,
}

// ofOrganization makes a collector answer that there is nothing in an account that
// is in no organization.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html#API_ListRoots_Errors
func ofOrganization(collect func(context.Context, *aws.Session, *aws.Out) error) func(context.Context, *aws.Session, *aws.Out) error {
	return func(ctx context.Context, s *aws.Session, out *aws.Out) error {
		err := collect(ctx, s, out)
		if aws.Is(err, "AWSOrganizationsNotInUseException") {
			out.Note("the account is in no organization")
			return nil
		}
		return err
	}
}

// organizationsPolicies lists the organization's policies of those types.
func organizationsPolicies(ctx context.Context, s *aws.Session) ([]orgtypes.PolicySummary, error) {
	return aws.Once(ctx, s, "organizations:ListPolicies", func(ctx context.Context) ([]orgtypes.PolicySummary, error) {
		var all []orgtypes.PolicySummary
		for _, t := range guardrailTypes {
			p := organizations.NewListPoliciesPaginator(aws.Client(s, organizations.NewFromConfig), &organizations.ListPoliciesInput{Filter: t})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if aws.Is(err, "InvalidInputException") {
					break // this endpoint has no policies of the type
				}
				if err != nil {
					return nil, err
				}
				all = append(all, page.Policies...)
			}
		}
		return all, nil
	})
}
