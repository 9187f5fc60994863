package collect

import (
	"context"

	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func secretsManagerSecret() aws.Type {
	return aws.Type{
		Name:       "aws_secretsmanager_secret",
		Service:    "secretsmanager",
		Actions:    secretsActions,
		Filled:     []string{"arn", "description", "kms_key_id", "name", "tags"},
		ConfigOnly: []string{"force_overwrite_replica_secret", "name_prefix", "recovery_window_in_days"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := secrets(ctx, s)
			if err != nil {
				return err
			}
			for _, e := range list {
				out.Add(aws.Item{ID: aws.String(e.ARN), ARN: aws.String(e.ARN), Name: aws.String(e.Name), Values: map[string]any{
					"description": e.Description,
					"kms_key_id":  aws.NonEmpty(e.KmsKeyId),
					"name":        e.Name,
					"tags":        aws.Tags(e.Tags, func(t smtypes.Tag) (*string, *string) { return t.Key, t.Value }),
				}})
			}
			return nil
		},
	}
}
