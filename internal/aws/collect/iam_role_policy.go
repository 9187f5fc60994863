package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamRolePolicy reads the inline policies of roles.
func iamRolePolicy() aws.Type {
	return aws.Type{
		Name:       "aws_iam_role_policy",
		Service:    "iam",
		Reach:      aws.PerAccount,
		Actions:    []string{iamDetailsAction},
		Filled:     []string{"name", "policy", "role"},
		ConfigOnly: []string{"name_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			roles, err := iamRoles(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range roles {
				for _, p := range e.RolePolicyList {
					out.Add(iamInlineItem("role", e.RoleName, p))
				}
			}
			return nil
		},
	}
}
