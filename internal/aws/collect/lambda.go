package collect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// lambdaListAction is what lambdaFunctions needs.
const lambdaListAction = "lambda:ListFunctions"

// lambdaFunctions lists the functions of the region with their configurations,
// the unpublished version of each.
func lambdaFunctions(ctx context.Context, s *aws.Session) ([]lambdatypes.FunctionConfiguration, error) {
	return aws.Once(ctx, s, lambdaListAction, func(ctx context.Context) ([]lambdatypes.FunctionConfiguration, error) {
		var list []lambdatypes.FunctionConfiguration
		p := lambda.NewListFunctionsPaginator(aws.Client(s, lambda.NewFromConfig), &lambda.ListFunctionsInput{})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			list = append(list, page.Functions...)
		}
		return list, nil
	})
}
