package collect

import (
	"context"
	"strings"

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
		// The bulk call tells neither description nor tags. The ARN tells the name,
		// behind the path.
		Filled:     []string{"arn", "attachment_count", "name", "path", "policy"},
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
				name := aws.String(p.Arn)
				name = name[strings.LastIndexByte(name, '/')+1:]
				out.Add(aws.Item{ID: aws.String(p.Arn), ARN: aws.String(p.Arn), Name: name, Values: map[string]any{
					"attachment_count": p.AttachmentCount,
					"name":             name,
					"path":             p.Path,
					"policy":           document,
				}})
			}
			return nil
		},
	}
}
