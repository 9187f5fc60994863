package collect

import (
	"context"
	"errors"
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
				it := iamPolicyItem(p)
				if it.Values["policy"] == nil { // there always is a version in force
					if err := out.Miss(&it, errNoVersion, "policy"); err != nil {
						return err
					}
				}
				out.Add(it)
			}
			return nil
		},
	}
}

var errNoVersion = errors.New("the version in force was not told")

func iamPolicyItem(p iamtypes.ManagedPolicyDetail) aws.Item {
	arn := aws.String(p.Arn)
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	v := map[string]any{"attachment_count": p.AttachmentCount, "name": name, "path": p.Path}
	for _, version := range p.PolicyVersionList {
		if version.IsDefaultVersion {
			v["policy"] = aws.PolicyJSON(version.Document)
		}
	}
	return aws.Item{ID: arn, ARN: arn, Name: name, Values: v}
}
