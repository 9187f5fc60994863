package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamRolePolicyAttachment reads which managed policies roles have.
func iamRolePolicyAttachment() aws.Type {
	return aws.Type{
		Name:    "aws_iam_role_policy_attachment",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		Filled:  []string{"policy_arn", "role"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			roles, err := iamRoles(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range roles {
				for _, p := range e.AttachedManagedPolicies {
					out.Add(iamAttachmentItem("role", e.RoleName, p))
				}
			}
			return nil
		},
	}
}
