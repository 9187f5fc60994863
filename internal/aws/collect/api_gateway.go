package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apigatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// apiGatewayAction is what every call that reads needs: API Gateway's actions
// are the methods of HTTP.
const apiGatewayAction = "apigateway:GET"

// apiGatewayAPIs lists the REST APIs of the region.
func apiGatewayAPIs(ctx context.Context, s *aws.Session) ([]apigatewaytypes.RestApi, error) {
	return aws.Once(ctx, s, "apigateway:GetRestApis", func(ctx context.Context) ([]apigatewaytypes.RestApi, error) {
		var list []apigatewaytypes.RestApi
		p := apigateway.NewGetRestApisPaginator(aws.Client(s, apigateway.NewFromConfig), &apigateway.GetRestApisInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.Items...)
		}
		return list, nil
	})
}

// apiGatewayARN writes the ARN of something of API Gateway, which has no account.
func apiGatewayARN(s *aws.Session, path string) string {
	return "arn:" + s.Partition + ":apigateway:" + s.Region + "::" + path
}
