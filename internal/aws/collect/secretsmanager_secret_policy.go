package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func secretsManagerSecretPolicy() aws.Type {
	return aws.Type{
		Name:       "aws_secretsmanager_secret_policy",
		Service:    "secretsmanager",
		Parent:     "aws_secretsmanager_secret",
		Actions:    slices.Concat(secretsActions, []string{"secretsmanager:GetResourcePolicy"}),
		Filled:     []string{"policy", "secret_arn"},
		ConfigOnly: []string{"block_public_policy"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := secrets(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, secretsmanager.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, e smtypes.SecretListEntry) error {
				got, err := c.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: e.ARN})
				if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
					return nil
				}
				if err != nil {
					return out.Gap(aws.String(e.ARN), err)
				}
				if aws.String(got.ResourcePolicy) == "" {
					return nil
				}
				out.Add(aws.Item{ID: aws.String(e.ARN), Name: aws.String(e.Name), Values: map[string]any{
					"policy":     aws.PolicyJSON(got.ResourcePolicy),
					"secret_arn": e.ARN,
				}})
				return nil
			})
		},
	}
}
