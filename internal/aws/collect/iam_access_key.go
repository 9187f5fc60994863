package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamAccessKey() aws.Type {
	return aws.Type{
		Name:       "aws_iam_access_key",
		Service:    "iam",
		Reach:      aws.PerAccount,
		Parent:     "aws_iam_user",
		Actions:    []string{iamDetailsAction, "iam:ListAccessKeys"},
		Filled:     []string{"create_date", "status", "user"},
		ConfigOnly: []string{"pgp_key"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			users, err := iamUsers(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s.Home(), iam.NewFromConfig)
			return aws.Each(ctx, out, users, func(ctx context.Context, u iamtypes.UserDetail) error {
				p := iam.NewListAccessKeysPaginator(c, &iam.ListAccessKeysInput{UserName: u.UserName})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if aws.Is(err, "NoSuchEntity") { // deleted meanwhile
						return nil
					}
					if err != nil {
						return out.Gap(aws.String(u.UserName), err)
					}
					for _, k := range page.AccessKeyMetadata {
						out.Add(aws.Item{ID: aws.String(k.AccessKeyId), Values: map[string]any{
							"create_date": k.CreateDate,
							"status":      k.Status,
							"user":        k.UserName,
						}})
					}
				}
				return nil
			})
		},
	}
}
