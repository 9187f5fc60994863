package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// iamPolicy reads customer managed policies; AWS's own are nobody's resources.
func iamPolicy() aws.Type {
	return aws.Type{
		Name:    "aws_iam_policy",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{iamDetailsAction},
		// The bulk call tells neither description nor tags.
		Filled:     []string{"arn", "attachment_count", "name", "path", "policy", "policy_id"},
		ConfigOnly: []string{"name_prefix"},
		Volatile:   []string{"attachment_count"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			policies, err := iamDetails(ctx, s, iamtypes.EntityTypeLocalManagedPolicy, func(o *iam.GetAccountAuthorizationDetailsOutput) []iamtypes.ManagedPolicyDetail {
				return o.Policies
			})
			if err != nil {
				return err
			}
			for _, p := range policies {
				var document any
				for _, v := range p.PolicyVersionList {
					if v.IsDefaultVersion {
						document = aws.PolicyJSON(v.Document)
					}
				}
				out.Add(aws.Item{ID: aws.String(p.Arn), ARN: aws.String(p.Arn), Name: aws.String(p.PolicyName), Values: map[string]any{
					"attachment_count": p.AttachmentCount,
					"name":             p.PolicyName,
					"path":             p.Path,
					"policy":           document,
					"policy_id":        p.PolicyId,
				}})
			}
			return nil
		},
	}
}
