package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ecrRepository() aws.Type {
	return aws.Type{
		Name:    "aws_ecr_repository",
		Service: "ecr",
		Actions: []string{ecrListAction, "ecr:ListTagsForResource"},
		Filled: []string{
			"arn", "encryption_configuration", "image_scanning_configuration", "image_tag_mutability", "name", "registry_id",
			"repository_url", "tags",
		},
		ConfigOnly: []string{"force_delete", "timeouts"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := ecrRepositories(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, ecr.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, r ecrtypes.Repository) error {
				it := aws.Item{ID: aws.String(r.RepositoryName), ARN: aws.String(r.RepositoryArn), Values: map[string]any{
					"encryption_configuration":     []any{},
					"image_scanning_configuration": []any{},
					"image_tag_mutability":         r.ImageTagMutability,
					"name":                         r.RepositoryName,
					"registry_id":                  r.RegistryId,
					"repository_url":               r.RepositoryUri,
				}}
				if e := r.EncryptionConfiguration; e != nil {
					it.Values["encryption_configuration"] = aws.Block(map[string]any{"encryption_type": e.EncryptionType, "kms_key": e.KmsKey})
				}
				if i := r.ImageScanningConfiguration; i != nil {
					it.Values["image_scanning_configuration"] = aws.Block(map[string]any{"scan_on_push": i.ScanOnPush})
				}
				tags, err := c.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: r.RepositoryArn})
				if err != nil {
					if err := out.Miss(&it, err, "tags"); err != nil {
						return err
					}
				} else {
					it.Values["tags"] = aws.Tags(tags.Tags, func(t ecrtypes.Tag) (*string, *string) { return t.Key, t.Value })
				}
				out.Add(it)
				return nil
			})
		},
	}
}
