package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/parapet-dev/parapet/internal/aws"
)

// kmsAlias reads the aliases of customer managed keys: those of AWS begin with
// alias/aws/, and some name no key yet.
func kmsAlias() aws.Type {
	return aws.Type{
		Name:       "aws_kms_alias",
		Service:    "kms",
		Actions:    []string{"kms:ListAliases"},
		Filled:     []string{"arn", "name", "target_key_id"},
		ConfigOnly: []string{"name_prefix"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			p := kms.NewListAliasesPaginator(aws.Client(s, kms.NewFromConfig), &kms.ListAliasesInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, a := range page.Aliases {
					if strings.HasPrefix(aws.String(a.AliasName), "alias/aws/") {
						continue
					}
					out.Add(aws.Item{ID: aws.String(a.AliasName), ARN: aws.String(a.AliasArn), Values: map[string]any{
						"name":          a.AliasName,
						"target_key_id": a.TargetKeyId,
					}})
				}
			}
			return nil
		},
	}
}
