package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamUserPolicy reads the inline policies of users.
func iamUserPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_iam_user_policy",
		Service:    "iam",
		Reach:      aws.PerAccount,
		Actions:    []string{iamDetailsAction},
		Filled:     []string{"name", "policy", "user"},
		ConfigOnly: []string{"name_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			users, err := iamUsers(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range users {
				for _, p := range e.UserPolicyList {
					out.Add(iamInlineItem("user", e.UserName, p))
				}
			}
			return nil
		},
	}
}
