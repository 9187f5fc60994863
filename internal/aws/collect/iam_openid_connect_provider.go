package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func iamOpenIDConnectProvider() aws.Type {
	return aws.Type{
		Name:    "aws_iam_openid_connect_provider",
		Service: "iam",
		Reach:   aws.PerAccount,
		Actions: []string{"iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"},
		Filled:  []string{"arn", "client_id_list", "tags", "thumbprint_list", "url"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s.Home(), iam.NewFromConfig)
			list, err := c.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{}) // one page has all
			if err != nil {
				return err
			}
			return aws.Each(ctx, out, list.OpenIDConnectProviderList, func(ctx context.Context, e iamtypes.OpenIDConnectProviderListEntry) error {
				it := aws.Item{ID: aws.String(e.Arn), ARN: aws.String(e.Arn), Values: map[string]any{}}
				got, err := c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: e.Arn})
				if aws.Is(err, "NoSuchEntity") { // deleted meanwhile
					return nil
				}
				if err != nil {
					if err := out.Miss(&it, err, "client_id_list", "tags", "thumbprint_list", "url"); err != nil {
						return err
					}
				} else {
					it.Values["client_id_list"] = aws.Set(got.ClientIDList)
					it.Values["thumbprint_list"] = got.ThumbprintList
					it.Values["url"] = got.Url
					it.Values["tags"] = iamTags(got.Tags)
				}
				out.Add(it)
				return nil
			})
		},
	}
}
