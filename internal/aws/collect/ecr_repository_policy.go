package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ecrRepositoryPolicy() aws.Type {
	return aws.Type{
		Name:    "aws_ecr_repository_policy",
		Service: "ecr",
		Parent:  "aws_ecr_repository",
		Actions: []string{ecrListAction, "ecr:GetRepositoryPolicy"},
		Filled:  []string{"policy", "registry_id", "repository"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := ecrRepositories(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, ecr.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, r ecrtypes.Repository) error {
				name := aws.String(r.RepositoryName)
				got, err := c.GetRepositoryPolicy(ctx, &ecr.GetRepositoryPolicyInput{RepositoryName: &name})
				if aws.Is(err, "RepositoryPolicyNotFoundException", "RepositoryNotFoundException") {
					return nil
				}
				if err != nil {
					return out.Gap(name, err)
				}
				out.Add(aws.Item{ID: name, Values: map[string]any{
					"policy": aws.PolicyJSON(got.PolicyText), "registry_id": got.RegistryId, "repository": name,
				}})
				return nil
			})
		},
	}
}
