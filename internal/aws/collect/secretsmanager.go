package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// secretsActions are what secrets needs.
var secretsActions = []string{"secretsmanager:ListSecrets"}

// secrets lists the secrets of the region; their values are never read.
func secrets(ctx context.Context, s *aws.Session) ([]smtypes.SecretListEntry, error) {
	return aws.Once(ctx, s, "secretsmanager:ListSecrets", func(ctx context.Context) ([]smtypes.SecretListEntry, error) {
		var all []smtypes.SecretListEntry
		p := secretsmanager.NewListSecretsPaginator(aws.Client(s, secretsmanager.NewFromConfig), &secretsmanager.ListSecretsInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, page.SecretList...)
		}
		return all, nil
	})
}
