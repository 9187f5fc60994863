package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamGroupPolicy reads the inline policies of groups.
func iamGroupPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_iam_group_policy",
		Service:    "iam",
		Reach:      aws.PerAccount,
		Actions:    []string{iamDetailsAction},
		Filled:     []string{"group", "name", "policy"},
		ConfigOnly: []string{"name_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			groups, err := iamGroups(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range groups {
				for _, p := range e.GroupPolicyList {
					out.Add(iamInlineItem("group", e.GroupName, p))
				}
			}
			return nil
		},
	}
}
