package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamAccountAlias() aws.Type {
	return aws.Type{
		Name:    "aws_iam_account_alias",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:ListAccountAliases"},
		Filled:  []string{"account_alias"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := iam.NewListAccountAliasesPaginator(aws.Client(s.Home(), iam.NewFromConfig), &iam.ListAccountAliasesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, alias := range page.AccountAliases {
					out.Add(aws.Item{ID: alias, Values: map[string]any{"account_alias": alias}})
				}
			}
			return nil
		},
	}
}
