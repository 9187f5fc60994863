package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/parapet-dev/parapet/internal/aws"
)

// organizationsAccount reads every account of the organization, suspended ones
// too. Which OU holds it is not in the list.
func organizationsAccount() aws.Type {
	return aws.Type{
		Name:       "aws_organizations_account",
		Service:    "organizations",
		Reach:      aws.Organization,
		Actions:    []string{"organizations:ListAccounts"},
		Filled:     []string{"arn", "email", "joined_method", "joined_timestamp", "name", "status"},
		ConfigOnly: []string{"close_on_deletion", "create_govcloud", "iam_user_access_to_billing", "role_name"},
		Collect: ofOrganization(func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := organizations.NewListAccountsPaginator(aws.Client(s, organizations.NewFromConfig), &organizations.ListAccountsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, a := range page.Accounts {
					out.Add(aws.Item{ID: aws.String(a.Id), ARN: aws.String(a.Arn), Name: aws.String(a.Name), Values: map[string]any{
						"email":            a.Email,
						"joined_method":    a.JoinedMethod,
						"joined_timestamp": a.JoinedTimestamp,
						"name":             a.Name,
						"status":           a.Status,
					}})
				}
			}
			return nil
		}),
	}
}
