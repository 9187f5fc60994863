package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamGroupPolicyAttachment reads which managed policies groups have.
func iamGroupPolicyAttachment() aws.Type {
	return aws.Type{
		Name:    "aws_iam_group_policy_attachment",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		Filled:  []string{"group", "policy_arn"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			groups, err := iamGroups(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range groups {
				for _, p := range e.AttachedManagedPolicies {
					out.Add(iamAttachmentItem("group", e.GroupName, p))
				}
			}
			return nil
		},
	}
}
