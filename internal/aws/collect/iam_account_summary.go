package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamAccountSummary reads the counts of the account, among them whether the root
// user has access keys and MFA, which no resource of the provider tells. The
// attributes are AWS's keys as they are: AccountMFAEnabled.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
func iamAccountSummary() aws.Type {
	return aws.Type{
		Name:    "parapet_iam_account_summary",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:GetAccountSummary"},
		Filled:  []string{"summary"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			got, err := aws.Client(s.Home(), iam.NewFromConfig).GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
			if err != nil {
				return err
			}
			summary := map[string]any{}
			for k, v := range got.SummaryMap {
				summary[k] = v
			}
			out.Add(aws.Item{Values: map[string]any{"summary": summary}})
			return nil
		},
	}
}
