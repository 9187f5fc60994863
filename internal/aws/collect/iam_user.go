package collect

import (
	"context"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamUser() aws.Type {
	return aws.Type{
		Name:       "aws_iam_user",
		Service:    "iam",
		Reach:      aws.PerAccount,
		Actions:    []string{iamDetailsAction},
		Filled:     []string{"arn", "name", "path", "permissions_boundary", "tags", "unique_id"},
		ConfigOnly: []string{"force_destroy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			users, err := iamUsers(ctx, s)
			if err != nil {
				return err
			}
			for _, u := range users {
				var boundary *string
				if u.PermissionsBoundary != nil {
					boundary = u.PermissionsBoundary.PermissionsBoundaryArn
				}
				out.Add(aws.Item{ID: aws.String(u.UserName), ARN: aws.String(u.Arn), Values: map[string]any{
					"name":                 u.UserName,
					"path":                 u.Path,
					"permissions_boundary": aws.NonEmpty(boundary),
					"tags":                 iamTags(u.Tags),
					"unique_id":            u.UserId,
				}})
			}
			return nil
		},
	}
}
