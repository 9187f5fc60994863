package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// lambdaFunctionURL reads the URLs of functions and of their aliases.
func lambdaFunctionURL() aws.Type {
	return aws.Type{
		Name:    "aws_lambda_function_url",
		Service: "lambda",
		Parent:  "aws_lambda_function",
		Actions: []string{"lambda:ListFunctionUrlConfigs", lambdaListAction},
		Filled: []string{
			"authorization_type", "cors", "function_arn", "function_name", "function_url", "invoke_mode", "qualifier", "url_id",
		},
		ConfigOnly: []string{"timeouts"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			list, err := lambdaFunctions(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, lambda.NewFromConfig)
			return aws.Each(ctx, out, list, func(ctx context.Context, f lambdatypes.FunctionConfiguration) error {
				var urls []lambdatypes.FunctionUrlConfig
				p := lambda.NewListFunctionUrlConfigsPaginator(c, &lambda.ListFunctionUrlConfigsInput{FunctionName: f.FunctionName})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if aws.Is(err, "ResourceNotFoundException") { // deleted meanwhile
						return nil
					}
					if err != nil {
						return out.Gap(aws.String(f.FunctionName), err)
					}
					urls = append(urls, page.FunctionUrlConfigs...)
				}
				for _, u := range urls {
					out.Add(lambdaFunctionURLItem(aws.String(f.FunctionName), u))
				}
				return nil
			})
		},
	}
}

func lambdaFunctionURLItem(function string, u lambdatypes.FunctionUrlConfig) aws.Item {
	id := function
	// arn:aws:lambda:REGION:ACCOUNT:function:NAME, and the alias if it is an alias's.
	parts := strings.Split(aws.String(u.FunctionArn), ":")
	var qualifier any
	if len(parts) > 7 {
		qualifier, id = parts[7], function+"/"+parts[7]
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(aws.String(u.FunctionUrl), "https://"), ".")
	v := map[string]any{
		"authorization_type": u.AuthType,
		"cors":               []any{},
		"function_arn":       u.FunctionArn,
		"function_name":      function,
		"function_url":       u.FunctionUrl,
		"invoke_mode":        u.InvokeMode,
		"qualifier":          qualifier,
		"url_id":             host,
	}
	if c := u.Cors; c != nil {
		v["cors"] = aws.Block(map[string]any{
			"allow_credentials": c.AllowCredentials,
			"allow_headers":     aws.Set(c.AllowHeaders),
			"allow_methods":     aws.Set(c.AllowMethods),
			"allow_origins":     aws.Set(c.AllowOrigins),
			"expose_headers":    aws.Set(c.ExposeHeaders),
			"max_age":           c.MaxAge,
		})
	}
	return aws.Item{ID: id, Values: v}
}
