package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamUserPolicyAttachment reads which managed policies users have.
func iamUserPolicyAttachment() aws.Type {
	return aws.Type{
		Name:    "aws_iam_user_policy_attachment",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		Filled:  []string{"policy_arn", "user"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			users, err := iamUsers(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range users {
				for _, p := range e.AttachedManagedPolicies {
					out.Add(iamAttachmentItem("user", e.UserName, p))
				}
			}
			return nil
		},
	}
}
