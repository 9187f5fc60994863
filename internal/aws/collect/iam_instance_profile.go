package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamInstanceProfile() aws.Type {
	return aws.Type{
		Name:    "aws_iam_instance_profile",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:ListInstanceProfiles"},
		// The list does not tell tags.
		Filled:     []string{"arn", "create_date", "name", "path", "role", "unique_id"},
		ConfigOnly: []string{"name_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := iam.NewListInstanceProfilesPaginator(aws.Client(s.Home(), iam.NewFromConfig), &iam.ListInstanceProfilesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, i := range page.InstanceProfiles {
					var role any
					if len(i.Roles) > 0 { // at most one
						role = i.Roles[0].RoleName
					}
					out.Add(aws.Item{ID: aws.String(i.InstanceProfileName), ARN: aws.String(i.Arn), Values: map[string]any{
						"create_date": i.CreateDate,
						"name":        i.InstanceProfileName,
						"path":        i.Path,
						"role":        role,
						"unique_id":   i.InstanceProfileId,
					}})
				}
			}
			return nil
		},
	}
}
