package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamGroup() aws.Type {
	return aws.Type{
		Name:    "aws_iam_group",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		Filled:  []string{"arn", "name", "path", "unique_id"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			groups, err := iamGroups(ctx, s)
			if err != nil {
				return err
			}
			for _, g := range groups {
				out.Add(aws.Item{ID: aws.String(g.GroupName), ARN: aws.String(g.Arn), Values: map[string]any{
					"name":      g.GroupName,
					"path":      g.Path,
					"unique_id": g.GroupId,
				}})
			}
			return nil
		},
	}
}
